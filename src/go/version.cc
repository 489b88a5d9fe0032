#include "go/version.h"

#include <algorithm>
#include <charconv>

#include "base/error.h"

namespace holdfast::go {
namespace {

// Takes the decimal number at the start of `text`; -1 if there is none.
int take_number(std::string_view& text) {
  int value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc()) return -1;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

}  // namespace

bool GoVersion::has_experiment(std::string_view name) const {
  return std::find(experiments.begin(), experiments.end(), name) != experiments.end();
}

PointerMaps GoVersion::pointer_maps() const {
  if (minor <= 19) return PointerMaps::kTwoBitArena;
  if (minor <= 21) return PointerMaps::kOneBitArena;
  return PointerMaps::kAllocHeader;
}

bool GoVersion::green_tea() const {
  if (minor >= 26) return !has_experiment("nogreenteagc");
  return minor == 25 && has_experiment("greenteagc");
}

bool GoVersion::swiss_maps() const {
  return minor >= 24 && !has_experiment("noswissmap");
}

int GoVersion::wait_reason_numbering() const {
  constexpr int kLast = 6;  // 1.26 and 1.27 share one
  if (minor <= 19) return 0;
  if (minor <= 21) return 1;
  return std::min(minor - 20, kLast);
}

bool GoVersion::is_before_patch(int limit) const {
  // "go1.19" and "go1.20" are first releases; from 1.21 on, those have the number 0.
  const bool first = patch < 0 && minor <= 20 && !text.starts_with("devel");
  return (first || patch >= 0) && std::max(patch, 0) < limit;
}

bool GoVersion::may_be(const GoVersion& named) const {
  return minor == named.minor && (patch < 0 || named.patch < 0 || patch == named.patch);
}

std::string GoVersion::layout_release() const {
  return "go1." + std::to_string(std::min(minor, kNewestMinor));
}

GoVersion parse_version(std::string_view text) {
  GoVersion version;
  version.text = text;
  const std::size_t at = text.find("go1.");
  if (at == std::string_view::npos) fail(ErrorCode::kUnsupported, "\"{}\" is no Go version", text);
  std::string_view rest = text.substr(at + 4);
  version.minor = take_number(rest);
  if (version.minor < 0) fail(ErrorCode::kUnsupported, "\"{}\" is no Go version", text);
  if (rest.starts_with(".")) {
    rest.remove_prefix(1);
    version.patch = take_number(rest);
  }
  // Up to 1.25 it is "go1.25.12 X:a,b", from 1.26 on "go1.26.11-X:a,b".
  const std::size_t experiments = rest.find("X:");
  if (experiments != std::string_view::npos) {
    rest.remove_prefix(experiments + 2);
    rest = rest.substr(0, rest.find(' '));
    while (!rest.empty()) {
      const std::size_t comma = rest.find(',');
      version.experiments.emplace_back(rest.substr(0, comma));
      rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 1);
    }
  }
  if (version.minor < kOldestMinor)
    fail(ErrorCode::kUnsupported, "{} is older than Go 1.{}, the oldest release whose runtime holdfast knows", text,
         kOldestMinor);
  return version;
}

GoVersion named_release(std::string_view text) {
  std::string_view rest = text.starts_with("go") ? text.substr(2) : text;
  const bool begins = rest.starts_with("1.");
  rest.remove_prefix(begins ? 2 : 0);
  const int minor = take_number(rest);
  int patch = -1;
  const bool has_patch = rest.starts_with(".");
  if (has_patch) {
    rest.remove_prefix(1);
    patch = take_number(rest);
  }
  if (!begins || !rest.empty() || minor < kOldestMinor || minor > kNewestMinor || (has_patch && patch < 0))
    fail(ErrorCode::kUsage,
         "\"{}\" is none of the Go releases that holdfast knows: 1.{} to 1.{}, with a patch or without", text,
         kOldestMinor, kNewestMinor);
  GoVersion version;
  version.text = fmt::format("go1.{}", minor) + (has_patch ? fmt::format(".{}", patch) : "");
  version.minor = minor;
  version.patch = patch;
  return version;
}

}  // namespace holdfast::go
