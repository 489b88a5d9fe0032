// Compares as SQLite compares: numbers sort before texts, texts before bytes, and NULL compares with nothing. SQLite
// hands the values of comparisons to a virtual table as they were written, so `id = '17'` comes as a text: it means the
// number, as for any column that is declared INTEGER. Any thread may call; nothing throws.
#pragma once

#include "query/rows.h"

struct sqlite3_value;

namespace holdfast::query {

// In the plan of a scan a letter each.
enum class Comparison : char {
  kEqual = '=',
  kLess = '<',
  kAtMost = 'm',
  kMore = '>',
  kAtLeast = 'l',
  kIsNull = '0',
};

// Returns the whole numbers that compare so with the value.
Bound bound_of(Comparison comparison, sqlite3_value* value);

}  // namespace holdfast::query
