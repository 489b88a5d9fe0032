// Takes words and numbers from the front of a line. Each returns whether it was there; nothing is taken if it was not.
#pragma once

#include <charconv>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace holdfast::collector {

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool take(std::string_view words) {
    if (!text_.starts_with(words)) return false;
    text_.remove_prefix(words.size());
    return true;
  }
  bool take(std::uint64_t& number) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  // A number without a sign, in ns; `unit_ns`: what 1 of it is.
  bool take_time(std::uint64_t& ns, double unit_ns) {
    double number = 0;
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    constexpr double kMost = 9e18;
    if (error != std::errc() || !(number >= 0) || number * unit_ns > kMost) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    ns = static_cast<std::uint64_t>(std::llround(number * unit_ns));
    return true;
  }
  bool take(std::int64_t& number) {
    const auto [end, error] = std::from_chars(text_.data(), text_.data() + text_.size(), number);
    if (error != std::errc()) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  // As print has it: "+1.048786e+000", or since Go 1.26 as everybody writes it.
  bool take(double& number) {
    const std::string_view digits = text_.substr(text_.starts_with('+') ? 1 : 0);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (error != std::errc() || !std::isfinite(number)) return false;
    text_.remove_prefix(static_cast<std::size_t>(end - text_.data()));
    return true;
  }
  std::string_view take_until(char end) {
    const std::string_view out = text_.substr(0, text_.find(end));
    text_.remove_prefix(out.size());
    return out;
  }
  std::string_view rest() const { return text_; }

 private:
  std::string_view text_;
};

}  // namespace holdfast::collector
