// For tests: asks SQL of a snapshot, and gives each row as a text: "1|main.item|-", where - is NULL.
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "query/database.h"

namespace holdfast::query::testing {

inline std::string text_of(const Value& value) {
  if (const auto* const number = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *number);
  if (const auto* const real = std::get_if<double>(&value)) return fmt::format("{}", *real);
  if (const auto* const text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* const blob = std::get_if<Blob>(&value)) return "blob " + std::string(blob->bytes);
  return "-";
}

struct Answer {
  std::vector<ResultColumn> columns;  // of the last result
  std::vector<std::string> rows;
  int results = 0, ended = 0;
};

class RowTexts : public RowSink {
 public:
  void begin(std::span<const ResultColumn> columns) override {
    answer_.columns.assign(columns.begin(), columns.end());
    ++answer_.results;
  }
  void row(std::span<const Value> values) override {
    std::string text;
    for (const Value& value : values) text += (&value == values.data() ? "" : "|") + text_of(value);
    answer_.rows.push_back(std::move(text));
  }
  void end() override { ++answer_.ended; }
  Answer& answer() { return answer_; }

 private:
  Answer answer_;
};

class AskedHeap {
 public:
  explicit AskedHeap(heap::Snapshot snapshot)
      : snapshot_(std::move(snapshot)),
        database_({.snapshot = snapshot_,
                   .rules = heap::OwnerRules::built_in(),
                   .dominators = [this]() -> const graph::Dominators& { return dominators(); },
                   .reached = [this]() -> const graph::Reachability& { return reached(); }}) {}

  const heap::Snapshot& snapshot() const { return snapshot_; }
  const graph::Dominators& dominators() {
    if (!dominators_) dominators_ = graph::dominators(snapshot_);
    return *dominators_;
  }
  const graph::Reachability& reached() {
    if (!reached_) reached_ = graph::reach(snapshot_);
    return *reached_;
  }
  // Whether a pass has run yet.
  bool has_dominators() const { return dominators_.has_value(); }
  bool has_reached() const { return reached_.has_value(); }

  Database& database() { return database_; }
  Answer ask(const std::string& sql) {
    RowTexts rows;
    database_.run(sql, rows);
    return std::move(rows.answer());
  }
  std::vector<std::string> rows(const std::string& sql) { return ask(sql).rows; }
  // The one value of the one row.
  std::string value(const std::string& sql) {
    const std::vector<std::string> all = rows(sql);
    return all.size() == 1 ? all[0] : fmt::format("{} rows", all.size());
  }
  // What SQLite says about how it would do it, a line for each step.
  std::string plan(const std::string& sql) {
    return fmt::format("{}", fmt::join(rows("EXPLAIN QUERY PLAN " + sql), "\n"));
  }

 private:
  heap::Snapshot snapshot_;
  std::optional<graph::Dominators> dominators_;
  std::optional<graph::Reachability> reached_;
  Database database_;
};

}  // namespace holdfast::query::testing
