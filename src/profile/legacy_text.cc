#include "profile/legacy_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/cancel.h"
#include "base/error.h"

namespace holdfast::profile {
namespace {

constexpr std::string_view kSpaces = " \t\r\v\f";
constexpr std::uint64_t kCancelEveryLines = 1 << 16;

}  // namespace

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpaces);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpaces) + 1 - begin);
}

bool is_space_or_comment(std::string_view line) {
  return line.empty() || line.front() == '#';
}

bool begins_mappings(std::string_view line) {
  return line.find("--- Memory map: ---") != std::string_view::npos ||
         line.find("MAPPED_LIBRARIES:") != std::string_view::npos;
}

bool Lines::next() {
  if (rest_.empty()) return false;
  if (++number_ % kCancelEveryLines == 0) throw_if_cancelled();
  const std::size_t end = rest_.find('\n');
  is_cut_off_ = end == std::string_view::npos;
  line_ = trimmed(rest_.substr(0, end));
  rest_.remove_prefix(is_cut_off_ ? rest_.size() : end + 1);
  return true;
}

bool Lines::next_content() {
  while (next())
    if (!is_space_or_comment(line_)) return true;
  return false;
}

void LineReader::skip_spaces() {
  rest_.remove_prefix(std::min(rest_.find_first_not_of(kSpaces), rest_.size()));
}

bool LineReader::take(std::string_view word) {
  skip_spaces();
  if (!rest_.starts_with(word)) return false;
  rest_.remove_prefix(word.size());
  return true;
}

std::optional<std::int64_t> LineReader::number() {
  skip_spaces();
  std::int64_t value = 0;
  const auto [stop, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
  if (error != std::errc()) return std::nullopt;
  rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
  return value;
}

std::optional<std::uint64_t> LineReader::address() {
  skip_spaces();
  if (!rest_.starts_with("0x")) return std::nullopt;
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(rest_.data() + 2, rest_.data() + rest_.size(), value, 16);
  if (error != std::errc()) return std::nullopt;
  rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
  return value;
}

std::string_view LineReader::word() {
  skip_spaces();
  const auto is_of_word = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  const auto end = std::ranges::find_if_not(rest_, is_of_word);
  const std::string_view word = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
  rest_.remove_prefix(word.size());
  return word;
}

std::string_view LineReader::rest() {
  skip_spaces();
  return rest_;
}

std::vector<std::uint64_t> addresses_in(std::string_view text) {
  std::vector<std::uint64_t> found;
  for (std::size_t at = text.find("0x"); at != std::string_view::npos; at = text.find("0x", at)) {
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data() + at + 2, text.data() + text.size(), value, 16);
    if (error == std::errc::result_out_of_range)
      fail(ErrorCode::kDamaged, "the address {} has more than 64 bits", text.substr(at, 40));
    if (error == std::errc() && value != 0) found.push_back(value);
    at = std::max(at + 2, static_cast<std::size_t>(stop - text.data()));
  }
  return found;
}

void refuse_line(const Lines& lines, std::string_view what) {
  constexpr std::size_t kMost = 80;
  const std::string_view line = lines.line();
  fail(ErrorCode::kDamaged, "line {}: {}: \"{}{}\"", lines.number(), what, line.substr(0, kMost),
       line.size() > kMost ? "..." : "");
}

std::string remark_on_cut(const Lines& lines) {
  return fmt::format("the profile is cut off in line {}, which is left out with all that came behind it",
                     lines.number());
}

std::int64_t to_integer(double number) {
  constexpr double kMost = 9.2e18;
  return static_cast<std::int64_t>(std::clamp(std::isnan(number) ? 0.0 : number, -kMost, kMost));
}

std::int64_t product(std::int64_t a, std::int64_t b) {
  std::int64_t out = 0;
  if (!__builtin_mul_overflow(a, b, &out)) return out;
  return (a < 0) == (b < 0) ? std::numeric_limits<std::int64_t>::max() : std::numeric_limits<std::int64_t>::min();
}

Amount unsampled(Amount sampled, std::int64_t rate) {
  if (sampled.objects == 0 || sampled.bytes == 0) return {};
  if (rate <= 1) return sampled;
  const double mean = static_cast<double>(sampled.bytes) / static_cast<double>(sampled.objects);
  const double scale = 1 / (1 - std::exp(-mean / static_cast<double>(rate)));
  return {to_integer(static_cast<double>(sampled.objects) * scale),
          to_integer(static_cast<double>(sampled.bytes) * scale)};
}

}  // namespace holdfast::profile
