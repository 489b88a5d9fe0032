#include "query/tables.h"

#include <strings.h>

#include <algorithm>
#include <array>

#include "base/cancel.h"
#include "base/error.h"

namespace holdfast::query {
namespace {

constexpr std::array kTables = {&kObjects, &kEdges,   &kTypes,  &kRoots, &kGoroutines, &kFrames,  &kSpans, &kSamples,
                                &kMaps,    &kHeaders, &kTimers, &kLocks, &kOwners,     &kMembers, &kLosses};

SortedRows sort_rows(Facts& facts, const Table& table, const Column& column) {
  std::vector<std::pair<std::int64_t, std::uint32_t>> known;
  SortedRows out;
  At at{.facts = facts};
  std::optional<std::int64_t> number;
  const std::uint64_t rows = table.count(facts);
  for (at.row = 0; at.row < rows; ++at.row) {
    Out value(number);
    column.get(at, value);
    if (number)
      known.emplace_back(*number, static_cast<std::uint32_t>(at.row));
    else
      out.rows.push_back(static_cast<std::uint32_t>(at.row));
  }
  throw_if_cancelled();
  std::sort(known.begin(), known.end());
  for (const auto& [value, row] : known) {
    out.rows.push_back(row);
    out.values.push_back(value);
  }
  return out;
}

}  // namespace

std::span<const Table* const> tables() {
  return kTables;
}

const Table* table_named(std::string_view name) {
  const auto found = std::ranges::find_if(kTables, [&](const Table* table) {
    return table->name.size() == name.size() && strncasecmp(table->name.data(), name.data(), name.size()) == 0;
  });
  return found == kTables.end() ? nullptr : *found;
}

std::size_t column_named(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  HOLDFAST_CHECK(found != table.columns.end());
  return static_cast<std::size_t>(found - table.columns.begin());
}

Rows find_rows(Facts& facts, const Table& table, std::size_t place, const Bound& bound) {
  const Column& column = table.columns[place];
  if (column.numbers != nullptr) return find_rows(facts, table, column_named(table, column.numbers_of), bound);
  switch (column.find) {
    case Find::kByRow:
      return Rows::range(bound.among(table.count(facts)));
    case Find::kByRows:
      return column.rows(facts, bound);
    case Find::kBySorting:
      return facts.sorted(&column, [&] { return sort_rows(facts, table, column); }).find(bound);
    case Find::kNotAtAll:
      break;
  }
  HOLDFAST_CHECK(column.find != Find::kNotAtAll);
  return {};
}

Bound types_named(Facts& facts, std::string_view name) {
  return facts.types().named(name);
}

Bound owners_named(Facts& facts, std::string_view name) {
  return facts.homes().named(name);
}

}  // namespace holdfast::query
