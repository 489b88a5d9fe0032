// The functions of queries. Each is declared once, as a row of the array in functions.cc; SQLite, the page
// docs/query.md and the help of the prompt take them from there.
#pragma once

#include <span>
#include <string_view>

#include "query/facts.h"
#include "query/guard.h"

struct sqlite3;
struct sqlite3_context;
struct sqlite3_value;

namespace holdfast::query {

struct Function {
  std::string_view name;
  std::string_view arguments;  // as they are called: "a, b"
  std::string_view meaning;    // one line
  int count = 0;               // of arguments
  // Puts the result into the context, nothing for NULL; fails with kUsage if an argument is none that it takes.
  void (*call)(Facts& facts, sqlite3_value** values, sqlite3_context* context);
};

std::span<const Function> functions();

// Adds all to the connection. Both must outlive it. Fails with kSystem.
void add_functions(sqlite3* connection, Facts& facts, Guard& guard);

}  // namespace holdfast::query
