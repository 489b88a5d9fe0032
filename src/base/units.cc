#include "base/units.h"

#include <fmt/format.h>

#include <ctime>

namespace holdfast {
namespace {

// Returns the moment as strftime(3) writes it; a negative part of a second is rounded down like the rest.
std::string utc(std::int64_t ns, const char* format) {
  constexpr std::int64_t kSecond = 1000000000;
  const std::time_t seconds = ns / kSecond - (ns % kSecond < 0 ? 1 : 0);
  std::tm parts{};
  char text[64] = {};
  if (gmtime_r(&seconds, &parts) == nullptr) return "an unknown time";
  std::strftime(text, sizeof(text), format, &parts);
  return text;
}

}  // namespace

std::string format_bytes(std::uint64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  int unit = 0;
  // 1023.95 would print as 1024.0, so the next unit begins a little earlier.
  while (value >= 1023.95 && unit < 5) {
    value /= 1024;
    ++unit;
  }
  return value < 9.995 && unit >= 3 ? fmt::format("{:.2f} {}", value, kUnits[unit])
                                    : fmt::format("{:.1f} {}", value, kUnits[unit]);
}

std::string format_count(std::uint64_t count) {
  const std::string digits = std::to_string(count);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) out += ',';
    out += digits[i];
  }
  return out;
}

std::string format_count(std::uint64_t count, std::string_view noun) {
  const std::string_view head = noun.substr(0, noun.find(" of "));
  std::string text = fmt::format("{} {}", format_count(count), head);
  if (count != 1) {
    const bool follows_vowel = head.size() > 1 && std::string_view("aeiou").find(head[head.size() - 2]) != head.npos;
    if (head.ends_with('y') && !follows_vowel)
      text.replace(text.size() - 1, 1, "ies");
    else
      text += head.ends_with('s') ? "es" : "s";
  }
  return text.append(noun.substr(head.size()));
}

std::string format_share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0 || part == 0) return "0 %";
  const double percent = 100.0 * static_cast<double>(part) / static_cast<double>(whole);
  if (percent < 0.5) return "<1 %";
  return fmt::format("{:.0f} %", percent);
}

std::string format_seconds(double seconds) {
  if (seconds < 0.001) return fmt::format("{:.0f} us", seconds * 1e6);
  if (seconds < 1) return fmt::format("{:.0f} ms", seconds * 1e3);
  if (seconds < 60) return fmt::format("{:.1f} s", seconds);
  if (seconds < 3600) return fmt::format("{:.0f} min", seconds / 60);
  if (seconds < 2 * 86400) return fmt::format("{:.0f} h", seconds / 3600);
  return fmt::format("{:.0f} days", seconds / 86400);
}

std::string format_moment(std::int64_t ns) {
  return utc(ns, "%Y-%m-%d %H:%M:%S UTC");
}

std::string iso_moment(std::int64_t ns) {
  return utc(ns, "%Y-%m-%dT%H:%M:%SZ");
}

}  // namespace holdfast
