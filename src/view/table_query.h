// What the user asks of a table: --top, --sort, --filter, --columns. Read and checked against the columns alone, so
// that a mistake is found before a target is touched.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
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
  // Each TEXT, which is looked for in all columns of text, whatever its case; or a column, an operator and a value:
  //   texts     =  !=  the whole text       ~  !~  a POSIX extended regular expression, whatever its case
  //   numbers   =  !=  <  <=  >  >=         sizes and times with units: 1.5MiB, 90s
  // All must hold.
  std::vector<std::string> filters = {};
  std::string columns = {};  // of the text, with commas between; empty = those that are in_text
};

struct SortOrder {
  std::size_t column = 0;
  bool descending = true;
};

class TextPattern;  // a compiled regular expression

struct Filter {
  enum class Test : std::uint8_t { kContains, kEquals, kAbove, kBelow, kMatches };

  std::optional<std::size_t> column;  // none = any text column
  Test test = Test::kContains;
  bool negated = false;
  std::string text;                     // for kContains in lower case, for kEquals as it is
  std::optional<std::uint64_t> number;  // of a column of numbers
  std::shared_ptr<const TextPattern> pattern;
};

struct TablePlan {
  std::size_t top = 0;
  SortOrder sort;
  std::vector<Filter> filters;
  std::vector<std::size_t> text_columns;
};

// Columns can be named by the beginning of their name where that is clear. Fails with kUsage, listing the columns or
// the words that a column can hold, for whatever could not match anything.
TablePlan plan_table(const TableShape& shape, const TableQuery& query);

struct Selection {
  std::vector<std::uint32_t> rows;   // to be shown, in order
  std::uint64_t matching = 0;        // pass the filters
  std::uint64_t left_out_bytes = 0;  // of TableShape::sum, in rows that match and are not shown
};

// Numbers sort from the largest down, texts from A on, what is not known comes last; equal rows keep their order.
Selection select(const Table& table, const TablePlan& plan);

}  // namespace holdfast::view
