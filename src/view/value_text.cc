#include "view/value_text.h"

#include <fmt/format.h>

#include <bit>
#include <chrono>

#include "base/terminal_text.h"
#include "base/units.h"

namespace holdfast::view {
namespace {

using heap::TypeKind;

std::uint64_t unsigned_of(std::span<const std::uint8_t> bytes) {
  std::uint64_t number = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) number = number << 8 | bytes[i];
  return number;
}

std::string float_text(std::span<const std::uint8_t> bytes) {
  if (bytes.size() == 4) return fmt::format("{}", std::bit_cast<float>(static_cast<std::uint32_t>(unsigned_of(bytes))));
  return fmt::format("{}", std::bit_cast<double>(unsigned_of(bytes)));
}

std::size_t size_of(TypeKind kind) {
  switch (kind) {
    case TypeKind::kBool:
    case TypeKind::kInt8:
    case TypeKind::kUint8:
      return 1;
    case TypeKind::kInt16:
    case TypeKind::kUint16:
      return 2;
    case TypeKind::kInt32:
    case TypeKind::kUint32:
    case TypeKind::kFloat32:
      return 4;
    case TypeKind::kInt:
    case TypeKind::kInt64:
    case TypeKind::kUint:
    case TypeKind::kUint64:
    case TypeKind::kUintptr:
    case TypeKind::kFloat64:
    case TypeKind::kComplex64:
      return 8;
    case TypeKind::kComplex128:
      return 16;
    default:
      return 0;
  }
}

// "1h2m3.25s": the parts that are there.
std::string seconds_text(std::uint64_t nanoseconds) {
  const std::uint64_t whole = nanoseconds / 1'000'000'000, part = nanoseconds % 1'000'000'000;
  std::string fraction = part == 0 ? "" : fmt::format(".{:09}", part);
  while (fraction.ends_with('0')) fraction.pop_back();
  std::string out;
  if (whole >= 3600) out += fmt::format("{}h", whole / 3600);
  if (whole >= 60) out += fmt::format("{}m", whole / 60 % 60);
  return out + fmt::format("{}{}s", whole % 60, fraction);
}

}  // namespace

std::optional<std::string> scalar_text(TypeKind kind, std::span<const std::uint8_t> bytes) {
  const std::size_t size = size_of(kind);
  if (size == 0 || bytes.size() != size) return std::nullopt;
  const std::uint64_t number = size > 8 ? 0 : unsigned_of(bytes);
  switch (kind) {
    case TypeKind::kBool:
      return number == 0 ? "false" : number == 1 ? "true" : fmt::format("a bool of value {}", number);
    case TypeKind::kUintptr:
      return fmt::format("{:#x}", number);
    case TypeKind::kFloat32:
    case TypeKind::kFloat64:
      return float_text(bytes);
    case TypeKind::kComplex64:
    case TypeKind::kComplex128: {
      const std::string imaginary = float_text(bytes.last(size / 2));
      return fmt::format("({}{}{}i)", float_text(bytes.first(size / 2)), imaginary.starts_with('-') ? "" : "+",
                         imaginary);
    }
    default:
      break;
  }
  if (kind >= TypeKind::kUint) return std::to_string(number);
  const std::uint64_t unused = 64 - size * 8;
  return std::to_string(static_cast<std::int64_t>(number << unused) >> unused);
}

std::string quoted_text(std::span<const std::uint8_t> bytes, std::uint64_t whole) {
  std::size_t end = bytes.size();
  // A letter that is cut in two is left out.
  if (end < whole) {
    std::size_t letter = end;
    while (letter > 0 && end - letter < 4 && (bytes[letter - 1] & 0xc0) == 0x80) --letter;
    if (letter > 0 && bytes[letter - 1] >= 0xc0) end = letter - 1;
  }
  std::string out;
  for (const std::uint8_t byte : bytes.first(end)) {
    if (byte == '"' || byte == '\\')
      out += fmt::format("\\{}", static_cast<char>(byte));
    else if (byte == '\n')
      out += "\\n";
    else if (byte == '\r')
      out += "\\r";
    else if (byte == '\t')
      out += "\\t";
    else if (byte < 0x20 || byte == 0x7f)
      out += fmt::format("\\x{:02x}", byte);
    else
      out += static_cast<char>(byte);
  }
  return fmt::format("\"{}\"{}", cleaned(out), end < whole ? fmt::format("… ({})", format_count(whole, "byte")) : "");
}

bool is_text(std::span<const std::uint8_t> bytes) {
  for (const std::uint8_t byte : bytes)
    if ((byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') || byte == 0x7f) return false;
  const std::string text(bytes.begin(), bytes.end());
  return cleaned(text).find('?') == std::string::npos || text.find('?') != std::string::npos;
}

std::string hex_text(std::span<const std::uint8_t> bytes) {
  return fmt::format("{:02x}", fmt::join(bytes, " "));
}

// Up to Go 1.27: with bit 63 of `wall`, [62:30] are seconds since 1885; otherwise `ext` are seconds since year 1. The
// lower 30 bits are nanoseconds.
std::string time_text(std::uint64_t wall, std::int64_t ext) {
  constexpr std::int64_t kFromYear1To1885 = 59'453'308'800, kFromYear1To1970 = 62'135'596'800;
  const bool has_monotonic = wall >> 63 != 0;
  const std::int64_t since_year_1 = has_monotonic ? kFromYear1To1885 + static_cast<std::int64_t>(wall << 1 >> 31) : ext;
  const std::uint64_t nanoseconds = wall & ((1U << 30) - 1);
  constexpr std::int64_t kYear10000 = 315'537'897'600;  // in seconds since year 1
  if (since_year_1 < 0 || since_year_1 >= kYear10000 || nanoseconds >= 1'000'000'000)
    return fmt::format("{} s after 1970 and {} ns", since_year_1 - kFromYear1To1970, nanoseconds);
  const std::chrono::sys_seconds moment{std::chrono::seconds(since_year_1 - kFromYear1To1970)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  std::string fraction = nanoseconds == 0 ? "" : fmt::format(".{:09}", nanoseconds);
  while (fraction.ends_with('0')) fraction.pop_back();
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}{} UTC", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count(), fraction);
}

std::string duration_text(std::int64_t nanoseconds) {
  if (nanoseconds == 0) return "0s";
  const std::uint64_t size =
      nanoseconds < 0 ? 0 - static_cast<std::uint64_t>(nanoseconds) : static_cast<std::uint64_t>(nanoseconds);
  const char* const sign = nanoseconds < 0 ? "-" : "";
  const auto in = [&](std::uint64_t unit, const char* name) {
    std::string fraction = size % unit == 0 ? "" : fmt::format(".{:0{}}", size % unit, std::to_string(unit).size() - 1);
    while (fraction.ends_with('0')) fraction.pop_back();
    return fmt::format("{}{}{}{}", sign, size / unit, fraction, name);
  };
  if (size < 1'000) return fmt::format("{}{}ns", sign, size);
  if (size < 1'000'000) return in(1'000, "µs");
  if (size < 1'000'000'000) return in(1'000'000, "ms");
  return sign + seconds_text(size);
}

}  // namespace holdfast::view
