#include "query/bounds.h"

#include <sqlite3.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace holdfast::query {
namespace {

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// The numbers that are below or above everything else.
Bound below_everything(Comparison comparison) {
  const bool holds = comparison == Comparison::kLess || comparison == Comparison::kAtMost;
  return holds ? Bound{} : Bound::nothing();
}
Bound above_everything(Comparison comparison) {
  const bool holds = comparison == Comparison::kMore || comparison == Comparison::kAtLeast;
  return holds ? Bound{} : Bound::nothing();
}

Bound bound_of(Comparison comparison, std::int64_t value) {
  switch (comparison) {
    case Comparison::kEqual:
      return Bound::one(value);
    case Comparison::kLess:
      return value == kLeast ? Bound::nothing() : Bound{kLeast, value - 1};
    case Comparison::kAtMost:
      return {kLeast, value};
    case Comparison::kMore:
      return value == kMost ? Bound::nothing() : Bound{value + 1, kMost};
    case Comparison::kAtLeast:
      return {value, kMost};
    case Comparison::kNotEqual:
    case Comparison::kIsNull:
    case Comparison::kOneOf:
      break;
  }
  return Bound::nothing();
}

Bound bound_of_real(Comparison comparison, double value) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (value >= kEnd) return below_everything(comparison);
  if (value < -kEnd) return above_everything(comparison);
  const double floor = std::floor(value);
  const auto whole = static_cast<std::int64_t>(floor);
  if (floor == value) return bound_of(comparison, whole);
  // It lies between `whole` and the next number.
  switch (comparison) {
    case Comparison::kLess:
    case Comparison::kAtMost:
      return {kLeast, whole};
    case Comparison::kMore:
    case Comparison::kAtLeast:
      return bound_of(Comparison::kMore, whole);
    default:
      return Bound::nothing();
  }
}

std::string_view text_of(sqlite3_value* value) {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_value_text(value));
  return text == nullptr ? std::string_view()
                         : std::string_view(text, static_cast<std::size_t>(sqlite3_value_bytes(value)));
}

}  // namespace

std::optional<std::uint64_t> address_in(std::string_view text) {
  if (!text.starts_with("0x") && !text.starts_with("0X")) return std::nullopt;
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data() + 2, end, value, 16);
  if (error != std::errc() || stop != end || text.size() == 2) return std::nullopt;
  return value;
}

Bound bound_of(Comparison comparison, sqlite3_value* value, bool is_address) {
  if (comparison == Comparison::kIsNull) {
    Bound bound = Bound::nothing();
    bound.nulls = true;
    return bound;
  }
  if (is_address && sqlite3_value_type(value) == SQLITE_TEXT) {
    if (const auto address = address_in(text_of(value)))
      return *address > static_cast<std::uint64_t>(kMost) ? below_everything(comparison)
                                                          : bound_of(comparison, static_cast<std::int64_t>(*address));
  }
  switch (sqlite3_value_numeric_type(value)) {
    case SQLITE_INTEGER:
      return bound_of(comparison, std::int64_t{sqlite3_value_int64(value)});
    case SQLITE_FLOAT:
      return bound_of_real(comparison, sqlite3_value_double(value));
    case SQLITE_NULL:
      return Bound::nothing();
    default:
      return below_everything(comparison);  // texts and bytes are above all numbers
  }
}

std::vector<std::int64_t> addresses_of(sqlite3_value* value) {
  std::vector<std::int64_t> addresses;
  sqlite3_value* one = nullptr;
  for (int code = sqlite3_vtab_in_first(value, &one); code == SQLITE_OK && one != nullptr;
       code = sqlite3_vtab_in_next(value, &one)) {
    const Bound bound = bound_of(Comparison::kEqual, one, true);
    if (!bound.empty()) addresses.push_back(bound.least);
  }
  std::ranges::sort(addresses);
  addresses.erase(std::ranges::unique(addresses).begin(), addresses.end());
  return addresses;
}

bool compares(std::int64_t number, Comparison comparison, sqlite3_value* value) {
  if (comparison != Comparison::kNotEqual) return bound_of(comparison, value, true).contains(number);
  if (sqlite3_value_type(value) == SQLITE_NULL) return false;
  return !bound_of(Comparison::kEqual, value, true).contains(number);
}

}  // namespace holdfast::query
