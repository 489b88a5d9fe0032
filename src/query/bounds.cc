#include "query/bounds.h"

#include <sqlite3.h>

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
    case Comparison::kIsNull:
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

}  // namespace

Bound bound_of(Comparison comparison, sqlite3_value* value) {
  if (comparison == Comparison::kIsNull) {
    Bound bound = Bound::nothing();
    bound.nulls = true;
    return bound;
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

}  // namespace holdfast::query
