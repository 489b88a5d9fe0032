// Tables of types, roots, spans, goroutines, conflicts. A column is declared once, with its name, unit and getter;
// text, JSON, sorting, filtering and the help come from the declaration. To add a column, add a line to the table's
// array. Several threads may read a table.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace holdfast::view {

enum class Unit : std::uint8_t { kText, kCount, kId, kBytes, kAddress, kNanoseconds, kFlag };

// Says for the help what numbers of the unit are in JSON: "bytes", "nanoseconds"; empty for texts.
constexpr std::string_view words_of(Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return "bytes";
    case Unit::kNanoseconds:
      return "nanoseconds";
    case Unit::kAddress:
      return "address";
    case Unit::kFlag:
      return "yes or no";
    case Unit::kCount:
    case Unit::kId:
      return "number";
    case Unit::kText:
      break;
  }
  return "";
}

// A value, or nothing if it is not known. Texts belong to the snapshot or to the table. Numbers that can be negative
// are std::int64_t; a column may have both.
using Cell = std::variant<std::monostate, std::uint64_t, std::int64_t, std::string_view>;

// Whether a stands before b where small ones come first: what is not known, then numbers by their value, whatever their
// type, then texts.
bool is_less(const Cell& a, const Cell& b);

// Which signs the numbers of a column can have.
enum class Sign : std::uint8_t {
  kNone,    // never negative
  kMinus,   // they may be negative
  kChange,  // they say how something changed: what rose has a plus before it
};

// When a column stands in the text.
enum class Shown : std::uint8_t {
  kUsually,
  kIfRoom,     // the first to be left out where lines would be too wide
  kIfAny,      // like kIfRoom, and only if a row that is shown has a value, or --columns names it
  kWhenAsked,  // only if --columns names it
};

struct Column {
  std::string_view name;  // the only one: over the text, in --sort, --filter and --columns, in JSON
  Unit unit = Unit::kText;
  std::string_view meaning;  // one line of help
  Shown shown = Shown::kUsually;
  // Returns all texts that can stand in the column, an empty one if there may be none; null if they are not known
  // beforehand.
  std::vector<std::string_view> (*words)() = nullptr;
  Sign sign = Sign::kNone;
};

template <typename Row>
struct ColumnOf {
  Column column;
  Cell (*get)(const Row&);
};

// What is known of a table without a target.
struct TableShape {
  std::string_view name;          // "types"; the schema is holdfast.types/2
  std::string_view row;           // "type": what a row is about
  std::string_view default_sort;  // as for --sort
  std::vector<Column> columns;
  // The column of bytes that says how much a cut list leaves out; empty if none of them is of bytes.
  std::string_view sum;
  bool rows_overlap = false;  // a byte may be in several rows, so their sum is only a limit (but see Table::part_of)
};

// "holdfast VERB TARGET ARGUMENTS": the arguments are words for the shell, the target is the front end's.
struct RowCommand {
  std::string verb, arguments;
};

// Rows that stand under a row of a table, with columns of their own.
struct RowsBelow {
  std::string_view name;  // in JSON
  std::vector<Column> columns;
  std::function<std::uint32_t(std::uint32_t row)> rows;
  std::function<Cell(std::uint32_t row, std::uint32_t below, std::size_t column)> cell;
};

struct Table {
  TableShape shape;
  std::uint32_t rows = 0;
  std::function<Cell(std::uint32_t row, std::size_t column)> cell;
  // Returns the row whose sum has that of this one in it, or none. Null if no row is a part of another.
  std::function<std::optional<std::uint32_t>(std::uint32_t row)> part_of;
  // What everybody has to know about all rows, or what is not in it, in sentences; empty for nothing.
  std::string remark;
  // Returns the command that opens a row; an empty verb if nothing more is to be seen of it. Null if of none.
  std::function<RowCommand(std::uint32_t row)> command;
  // The same as text, empty for none: the front end makes it of `command`, since it knows what the target is called.
  std::function<std::string(std::uint32_t row)> open;
  // What stands under a row, and its name in JSON; empty if the table has no such thing or it is not wanted.
  std::string_view lines_name;
  std::function<std::vector<std::string>(std::uint32_t row)> lines;
  std::optional<RowsBelow> below;
};

template <typename Row>
TableShape make_shape(std::string_view name, std::string_view row, std::string_view default_sort,
                      std::span<const ColumnOf<Row>> declared, std::string_view sum = {}, bool rows_overlap = false) {
  TableShape shape{name, row, default_sort, {}, sum, rows_overlap};
  for (const ColumnOf<Row>& one : declared) shape.columns.push_back(one.column);
  return shape;
}

// `declared` must live as long as the table: it should be a constexpr array.
template <typename Row>
Table make_table(TableShape shape, std::span<const ColumnOf<Row>> declared, std::vector<Row> rows) {
  Table table;
  table.shape = std::move(shape);
  table.rows = static_cast<std::uint32_t>(rows.size());
  auto shared = std::make_shared<const std::vector<Row>>(std::move(rows));
  table.cell = [shared, declared](std::uint32_t row, std::size_t column) {
    return declared[column].get((*shared)[row]);
  };
  return table;
}

// These make cells of what getters have.
inline Cell text_cell(std::string_view text) {
  return text.empty() ? Cell() : Cell(text);
}
inline Cell flag_cell(bool flag) {
  return Cell(std::uint64_t{flag});
}

}  // namespace holdfast::view
