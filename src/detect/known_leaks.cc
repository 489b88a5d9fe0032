#include "detect/known_leaks.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/embedded_file.h"
#include "base/error.h"

namespace holdfast {

std::span<const EmbeddedFile> known_leak_files();  // written by tools/embed

}  // namespace holdfast

namespace holdfast::detect {
namespace {

constexpr std::string_view kStandardLibrary = "std";

std::string_view take_word(std::string_view& rest) {
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(word.size());
  return word;
}

std::string unless(std::string_view word, std::string_view nothing) {
  return word == nothing ? std::string() : std::string(word);
}

// Three numbers, and what follows a hyphen: "v1.2.0-rc.1+incompatible".
struct Version {
  std::array<std::uint64_t, 3> numbers{};
  std::string_view before;  // empty: it is no pre-release
};

std::optional<Version> parse_version(std::string_view text) {
  if (text.starts_with("go"))
    text.remove_prefix(2);
  else if (text.starts_with('v'))
    text.remove_prefix(1);
  else
    return std::nullopt;
  text = text.substr(0, text.find_first_of("+ "));
  Version version;
  if (const std::size_t hyphen = text.find('-'); hyphen != std::string_view::npos) {
    version.before = text.substr(hyphen + 1);
    text = text.substr(0, hyphen);
  }
  for (std::uint64_t& number : version.numbers) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    if (text.empty()) return version;
    if (text[0] != '.') {  // "go1.21rc2"
      if (version.before.empty()) version.before = text;
      return version;
    }
    text.remove_prefix(1);
  }
  return version;
}

bool is_number(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::string_view take_part(std::string_view& text) {
  const std::string_view part = text.substr(0, text.find('.'));
  text.remove_prefix(std::min(part.size() + 1, text.size()));
  return part;
}

// By the dotted parts; numbers by value and before words; the shorter one first.
int compare_before(std::string_view a, std::string_view b) {
  if (a.empty() || b.empty()) return static_cast<int>(a.empty()) - static_cast<int>(b.empty());
  while (!a.empty() && !b.empty()) {
    const std::string_view x = take_part(a), y = take_part(b);
    if (x == y) continue;
    const bool x_number = is_number(x), y_number = is_number(y);
    if (x_number != y_number) return x_number ? -1 : 1;
    if (x_number && x.size() != y.size()) return x.size() < y.size() ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
}

// The version that the program was built with; empty if it was not, or in one that says nothing.
std::string_view version_of(const heap::TargetInfo& target, std::string_view module) {
  if (module == kStandardLibrary) return target.go_version;
  const auto found = std::ranges::find(target.build_modules, module, &heap::BuildModule::path);
  return found != target.build_modules.end() && found->version.starts_with('v') ? found->version : std::string_view();
}

// Whether the text has the name, and not only the beginning of a longer one.
bool names(std::string_view text, std::string_view place) {
  const auto goes_on = [](char c) {
    return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
  };
  for (std::size_t at = text.find(place); at != std::string_view::npos; at = text.find(place, at + 1)) {
    const std::size_t end = at + place.size();
    const bool begins = at == 0 || !(goes_on(text[at - 1]) || text[at - 1] == '/' || text[at - 1] == '.');
    if (begins && (end == text.size() || !goes_on(text[end]))) return true;
  }
  return false;
}

bool shows(const Suspicion& suspicion, const KnownLeakRule& rule) {
  const view::Finding& finding = suspicion.finding;
  if (!rule.detector.empty() && rule.detector != finding.id) return false;
  return std::ranges::any_of(rule.places, [&](const std::string& wanted) {
    return std::ranges::any_of(suspicion.places, [&](const std::string& place) { return names(place, wanted); }) ||
           std::ranges::any_of(finding.chain, [&](const view::ChainStep& step) {
             return names(step.type, wanted) || names(step.text.full, wanted);
           });
  });
}

// Takes "a|b" apart.
std::vector<std::string> parts_of(std::string_view text) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t end = text.find('|');
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

}  // namespace

int compare_versions(std::string_view a, std::string_view b) {
  const auto x = parse_version(a), y = parse_version(b);
  if (!x || !y) return static_cast<int>(x.has_value()) - static_cast<int>(y.has_value());
  if (x->numbers != y->numbers) return x->numbers < y->numbers ? -1 : 1;
  return compare_before(x->before, y->before);
}

std::vector<KnownLeakRule> parse_known_leaks(std::string_view text, std::string_view file) {
  std::vector<KnownLeakRule> rules;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view rest = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(rest.size() + 1, text.size()));
    if (rest.empty() || rest[0] == '#') continue;
    KnownLeakRule rule;
    rule.module = take_word(rest);
    rule.from = unless(take_word(rest), "-");
    rule.fixed_in = unless(take_word(rest), "-");
    rule.detector = unless(take_word(rest), "*");
    rule.places = parts_of(take_word(rest));
    rule.issue = take_word(rest);
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    rule.words = rest;
    if (rule.words.empty())
      fail(ErrorCode::kUsage, "{}, line {}: MODULE FROM FIXED DETECTOR PLACE ISSUE WORDS was expected", file, number);
    for (const std::string& version : {rule.from, rule.fixed_in})
      if (!version.empty() && !parse_version(version))
        fail(ErrorCode::kUsage, "{}, line {}: \"{}\" is no version, as v1.2.0 and go1.21 are", file, number, version);
    rules.push_back(std::move(rule));
  }
  return rules;
}

const std::vector<KnownLeakRule>& known_leaks() {
  static const std::vector<KnownLeakRule> kRules = [] {
    std::vector<KnownLeakRule> rules;
    for (const EmbeddedFile& file : known_leak_files())
      for (KnownLeakRule& rule : parse_known_leaks(file.text, file.name)) rules.push_back(std::move(rule));
    return rules;
  }();
  return kRules;
}

void mark_known_leaks(const heap::Snapshot& snapshot, const std::vector<KnownLeakRule>& rules,
                      std::vector<Suspicion>& suspicions) {
  for (const KnownLeakRule& rule : rules) {
    const std::string_view version = version_of(snapshot.target, rule.module);
    if (version.empty() || (!rule.from.empty() && compare_versions(version, rule.from) < 0) ||
        (!rule.fixed_in.empty() && compare_versions(version, rule.fixed_in) >= 0))
      continue;
    for (Suspicion& suspicion : suspicions)
      if (!suspicion.finding.known && shows(suspicion, rule))
        suspicion.finding.known = view::KnownLeak{.library = rule.module,
                                                  .version = std::string(version),
                                                  .fixed_in = rule.fixed_in,
                                                  .issue = rule.issue,
                                                  .words = rule.words};
  }
}

}  // namespace holdfast::detect
