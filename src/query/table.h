// The tables of queries. A column is declared once, as a row of its table's array: name, kind, meaning, getter, and how
// rows are found by its values. SQLite's schema, the page docs/query.md and the help of the prompt come from that. To
// add a column, add a line; to add a table, a file in tables/ and its row in tables.cc.
//
// The first column of every table is `id`, the number of the row.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "query/facts.h"
#include "query/out.h"
#include "query/rows.h"

namespace holdfast::query {

// A row that is looked at, with what getters remember from one row to the next.
struct At {
  Facts& facts;
  std::uint64_t row = 0;

  // Of objects: the span of the last one, and its slot.
  const heap::Span* span = nullptr;
  ObjectId slot_object = {};
  std::uint32_t slot = 0;
  // Of references: the object that the last edge lies in, and the edge whose offset is known.
  ObjectId source = {};
  std::uint64_t offset_edge = ~std::uint64_t{0}, offset = 0;

  const heap::Snapshot& snapshot() const { return facts.snapshot(); }
};

enum class Kind : std::uint8_t {
  kNumber,
  kBytes,
  kNanoseconds,
  kFlag,     // 1 or 0
  kAddress,  // a number; shown as 0xc000012340, and compared with such texts (query/address_texts.h)
  kText,
};

// How the rows are found that have a value.
enum class Find : std::uint8_t {
  kNotAtAll,   // all rows are looked at
  kByRow,      // the value is the number of the row
  kBySorting,  // a list of the rows in the order of the values, made when it is first used: for tables that are small
  kByRows,     // Column::rows knows
};

// How many rows have one value.
enum class Expect : std::uint8_t { kOne, kFew, kMany };

struct Column {
  std::string_view name;
  Kind kind = Kind::kNumber;
  std::string_view meaning;  // one line
  void (*get)(At& at, Out& out) = nullptr;
  Find find = Find::kNotAtAll;
  Expect expect = Expect::kMany;
  // For kByRows. The rows are in ascending order within the value, but not by value unless `in_order` says so.
  Rows (*rows)(Facts& facts, const Bound& bound) = nullptr;
  bool in_order = false;     // rows() of everything are in the order of the column, those without a value first
  bool takes_range = false;  // rows() can be asked for several values
  // Of a text that stands for numbers in its order, by which rows are found: those of the numbers.
  Bound (*numbers)(Facts& facts, std::string_view text) = nullptr;
  // With `numbers`: the column of these numbers.
  std::string_view numbers_of = {};
  bool of_graph = false;  // where the table is not: the value needs edges or types of objects all the same
};

struct Table {
  std::string_view name;
  std::string_view meaning;  // a row, and what is not in the table
  std::span<const Column> columns;
  std::uint64_t (*count)(Facts& facts);  // rows
  bool small = true;                     // it has no row per object or reference
  bool of_graph = true;                  // values need edges or types of objects, which are large
};

// Returns the place of the column, or that of the column that it stands for; the name must be right.
std::size_t column_named(const Table& table, std::string_view name);

// Returns the rows whose column has such values. The column must have a way to find them.
Rows find_rows(Facts& facts, const Table& table, std::size_t column, const Bound& bound);

std::span<const Table* const> tables();
// Returns null if there is none of that name. Case does not matter.
const Table* table_named(std::string_view name);

}  // namespace holdfast::query
