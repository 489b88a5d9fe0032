// Renders the rows of a query while they come: as a table for people, as CSV or as JSON. A table is as wide as its
// first rows need; a longer text in a later row is folded on a terminal, and makes its line longer elsewhere. One
// thread; fails only as `write` does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "query/value.h"
#include "report/text_style.h"

namespace holdfast::report {

enum class RowFormat : std::uint8_t { kTable, kCsv, kJson };

class RowWriter final : public query::RowSink {
 public:
  // `write` is called with pieces of text, whole lines each.
  RowWriter(RowFormat format, const TextStyle& style, std::function<void(const std::string&)> write)
      : format_(format), style_(style), write_(std::move(write)) {}

  void begin(std::span<const query::ResultColumn> columns) override;
  void row(std::span<const query::Value> values) override;
  void end() override;

 private:
  struct Line {
    std::vector<std::string> cells;
    std::vector<bool> is_number;
  };

  void add_json(std::span<const query::Value> values);
  void add_csv(std::span<const query::Value> values);
  void add_line(std::span<const query::Value> values);
  void measure();
  void print_line(const std::vector<std::string>& cells, bool is_heading);
  void write_if_much();

  RowFormat format_;
  TextStyle style_;
  std::function<void(const std::string&)> write_;
  std::vector<query::ResultColumn> columns_;
  std::uint64_t rows_ = 0;
  std::string text_;  // not written yet
  // Of a table.
  std::vector<Line> first_lines_;  // until they are measured
  bool measured_ = false;
  std::vector<std::size_t> widths_;
  std::vector<bool> right_;  // numbers stand on the right
};

}  // namespace holdfast::report
