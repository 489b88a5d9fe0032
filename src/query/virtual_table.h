// Gives a table (query/table.h) to SQLite as a virtual table: nothing is copied, each value is asked for when SQLite
// reads it. Conditions on one column that can find rows become a way to find them; SQLite checks the others. ORDER BY
// and GROUP BY of a column in whose order the rows can be visited sort nothing.
#pragma once

#include "query/guard.h"
#include "query/table.h"

struct sqlite3;

namespace holdfast::query {

// Adds the table to the connection under its name. All must outlive the connection. Fails with kSystem.
void add_table(sqlite3* connection, const Table& table, Facts& facts, Guard& guard);

// Returns what SQLite is told of it: "CREATE TABLE objects(id INTEGER, address ADDRESS INTEGER, ...)".
std::string declaration(const Table& table);

// The type by which SQLite calls a column of addresses.
inline constexpr std::string_view kAddressType = "ADDRESS INTEGER";
// And one of any other numbers.
inline constexpr std::string_view kNumberType = "INTEGER";

}  // namespace holdfast::query
