// What people read about the tables and functions, made from their declarations. Any thread may call these.
#pragma once

#include <string>

#include "query/table.h"

namespace holdfast::query {

// The page docs/query.md.
std::string manual_page();
// What the prompt says to .tables, .schema NAME and .help: lines, each with its end.
std::string tables_text();
std::string schema_text(const Table& table);
std::string functions_text();

}  // namespace holdfast::query
