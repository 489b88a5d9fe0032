// Compares as SQLite compares: numbers sort before texts, texts before bytes, and NULL compares with nothing. SQLite
// hands the values of comparisons to a virtual table as they were written, so `id = '17'` comes as a text: it means the
// number, as for any column that is declared INTEGER. Of addresses, texts like '0xc000012340' mean numbers, too. Any
// thread may call these; nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "query/rows.h"

struct sqlite3_value;

namespace holdfast::query {

// In the plan of a scan a letter each.
enum class Comparison : char {
  kEqual = '=',
  kNotEqual = '!',
  kLess = '<',
  kAtMost = 'm',
  kMore = '>',
  kAtLeast = 'l',
  kIsNull = '0',
  kOneOf = 'i',  // one of the values of IN, all of which come at once
};

// "0xc000012340", with up to 16 digits.
std::optional<std::uint64_t> address_in(std::string_view text);

// Returns the whole numbers that compare so with the value. kNotEqual and kOneOf are not asked for.
Bound bound_of(Comparison comparison, sqlite3_value* value, bool is_address);

// Returns the addresses in the value of kOneOf, ascending, each once.
std::vector<std::int64_t> addresses_of(sqlite3_value* value);

// Whether the number compares so with the value. kOneOf is not asked for.
bool compares(std::int64_t number, Comparison comparison, sqlite3_value* value);

}  // namespace holdfast::query
