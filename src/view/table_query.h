// What the user asks of a table: --top, --sort, --filter, --columns. It is checked against the columns alone, so
// that a mistake is found before a target is touched. Any thread may ask.
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
  // Each filter is a TEXT, which is looked for in all columns of text in upper or lower case; or a column, an operator
  // and a value:
  //   texts     =  !=  the whole text       ~  !~  a regular expression of RE2, in upper or lower case
  //   numbers   =  !=  <  <=  >  >=         sizes and times with units: 1.5MiB, 90s, -2KiB
  // A row must pass all of them.
  std::vector<std::string> filters = {};
  std::string columns = {};  // those of the text, with commas between; empty = all but kWhenAsked
};

// Reads a time as filters have it, "90s" or "250ms", in nanoseconds. Fails with kUsage.
std::uint64_t parse_time(std::string_view text);
// Reads a size as filters have it, "4096" or "1.5MiB", in bytes. Fails with kUsage.
std::uint64_t parse_size(std::string_view text);

struct SortOrder {
  std::size_t column = 0;
  bool descending = true;
};

class TextPattern;  // a compiled regular expression

struct Filter {
  enum class Test : std::uint8_t { kContains, kEquals, kAbove, kBelow, kMatches };

  std::optional<std::size_t> column;  // none = all columns of text
  Test test = Test::kContains;
  bool negated = false;
  std::string text;  // in lower case for kContains, as it is for kEquals
  Cell number;       // for a column of numbers
  std::shared_ptr<const TextPattern> pattern;
};

struct TablePlan {
  std::size_t top = 0;
  SortOrder sort;
  std::vector<Filter> filters;
  std::vector<std::size_t> text_columns;
  bool columns_named = false;  // by the user
};

// Columns can be named by the beginning of their name where that is unambiguous. Whatever could not match anything
// fails with kUsage, with a list of the columns or of the words that a column can hold.
TablePlan plan_table(const TableShape& shape, const TableQuery& query);

struct Selection {
  std::vector<std::uint32_t> rows;  // those to be shown, in order
  std::uint64_t matching = 0;       // how many pass the filters
  // The sum of TableShape::sum over rows that match, are not shown, and are no part of another row that matches;
  // nothing if the table has no such column.
  Cell left_out;
};

// Sorts numbers from the largest down and texts from A on; what is not known comes last; equal rows keep their order.
Selection select(const Table& table, const TablePlan& plan);

}  // namespace holdfast::view
