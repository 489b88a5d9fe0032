// What the user asks of a table: --top, --sort, --filter, --columns. Read and checked against the columns alone, so
// that a mistake is found before a target is touched.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "view/table.h"

namespace holdfast::view {

struct TableQuery {
  std::size_t top = 30;   // 0 = all
  std::string sort = {};  // COLUMN or -COLUMN; empty = the table's own order
  // TEXT, COLUMN=TEXT, COLUMN=NUMBER, COLUMN>NUMBER or COLUMN<NUMBER each; all must hold.
  std::vector<std::string> filters = {};
  std::string columns = {};  // of the text, with commas between; empty = those that are in_text
};

struct SortOrder {
  std::size_t column = 0;
  bool descending = true;
};

struct Filter {
  enum class Test : char { kContains = '~', kEquals = '=', kAbove = '>', kBelow = '<' };

  std::optional<std::size_t> column;  // none = any text column
  Test test = Test::kContains;
  std::string text;  // for kContains, in lower case
  std::uint64_t number = 0;
};

struct TablePlan {
  std::size_t top = 0;
  SortOrder sort;
  std::vector<Filter> filters;
  std::vector<std::size_t> text_columns;
};

// Columns can be named by the beginning of their name where that is clear. Fails with kUsage, listing the columns.
TablePlan plan_table(const TableShape& shape, const TableQuery& query);

struct Selection {
  std::vector<std::uint32_t> rows;  // to be shown, in order
  std::uint64_t matching = 0;       // pass the filters
};

// Numbers sort from the largest down, texts from A on, what is not known comes last; equal rows keep their order.
Selection select(const Table& table, const TablePlan& plan);

}  // namespace holdfast::view
