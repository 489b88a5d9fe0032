// What a query answers with: rows of values, handed on one by one.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace holdfast::query {

// Bytes that are no text.
struct Blob {
  std::string_view bytes;

  bool operator==(const Blob&) const = default;
};

// A value, or nothing (SQL's NULL). Texts are valid until the next row.
using Value = std::variant<std::monostate, std::int64_t, double, std::string_view, Blob>;

struct ResultColumn {
  std::string name;         // the query's name for it; two columns can have one name
  bool is_address = false;  // it is a column of addresses itself, no expression over one
  bool is_number = false;   // it is declared as a column of numbers

  bool operator==(const ResultColumn&) const = default;
};

// Returns the columns with different names, for what has each name once: the second `id` is "id_2".
std::vector<ResultColumn> with_different_names(std::span<const ResultColumn> columns);

// Returns what an address of a column of addresses is written as, "0xc000012340", as in every format.
std::string address_text(std::int64_t address);

// Takes the results of statements: begin(), its rows, end(), for one statement after the other.
class RowSink {
 public:
  RowSink() = default;
  RowSink(const RowSink&) = delete;
  RowSink& operator=(const RowSink&) = delete;
  virtual ~RowSink() = default;

  virtual void begin(std::span<const ResultColumn> columns) = 0;
  // As many values as there are columns.
  virtual void row(std::span<const Value> values) = 0;
  virtual void end() = 0;
};

}  // namespace holdfast::query
