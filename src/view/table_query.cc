#include "view/table_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdlib>

#include "base/error.h"

namespace holdfast::view {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string list_of(std::span<const Column> columns) {
  std::string out;
  for (const Column& column : columns) out += fmt::format("{}{}", out.empty() ? "" : ", ", column.name);
  return out;
}

std::optional<std::size_t> exactly(std::span<const Column> columns, std::string_view name) {
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == name) return i;
  return std::nullopt;
}

std::size_t find_column(std::span<const Column> columns, std::string_view name) {
  if (const auto exact = exactly(columns, name)) return *exact;
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (name.empty() || !columns[i].name.starts_with(name)) continue;
    if (found)
      fail(ErrorCode::kUsage, "\"{}\" may be {} or {}; the columns are {}", name, columns[*found].name, columns[i].name,
           list_of(columns));
    found = i;
  }
  if (!found) fail(ErrorCode::kUsage, "there is no column \"{}\"; the columns are {}", name, list_of(columns));
  return *found;
}

struct Suffix {
  std::string_view text;
  double factor;
};
constexpr std::array kByteSuffixes = {Suffix{"", 1},          Suffix{"b", 1},         Suffix{"kib", 1024},
                                      Suffix{"mib", 1 << 20}, Suffix{"gib", 1 << 30}, Suffix{"tib", 1099511627776.0}};
constexpr std::array kTimeSuffixes = {Suffix{"ns", 1},     Suffix{"us", 1e3},   Suffix{"ms", 1e6},
                                      Suffix{"s", 1e9},    Suffix{"m", 60e9},   Suffix{"min", 60e9},
                                      Suffix{"h", 3600e9}, Suffix{"d", 86400e9}};
constexpr std::array kNoSuffixes = {Suffix{"", 1}};

std::span<const Suffix> suffixes_of(Unit unit) {
  if (unit == Unit::kBytes) return kByteSuffixes;
  if (unit == Unit::kNanoseconds) return kTimeSuffixes;
  return kNoSuffixes;
}

const char* example_of(Unit unit) {
  if (unit == Unit::kBytes) return "a size such as 4096 or 1.5MiB";
  if (unit == Unit::kNanoseconds) return "a time such as 90s, 5m or 2h";
  return unit == Unit::kAddress ? "an address such as 0xc000010000" : "a number";
}

std::optional<std::uint64_t> read_number(std::string_view text, Unit unit) {
  const std::string digits = lower(text);
  char* end = nullptr;
  if (digits.empty() || std::isdigit(static_cast<unsigned char>(digits.front())) == 0) return std::nullopt;
  if (digits.find_first_not_of(digits.starts_with("0x") ? "0123456789abcdefx" : "0123456789") == std::string::npos &&
      unit != Unit::kNanoseconds) {
    errno = 0;
    const std::uint64_t value = std::strtoull(digits.c_str(), &end, digits.starts_with("0x") ? 16 : 10);
    return errno == 0 && *end == '\0' ? std::optional(value) : std::nullopt;
  }
  const std::size_t behind = digits.find_first_not_of("0123456789.");
  if (behind == std::string::npos) return std::nullopt;
  const std::string number = digits.substr(0, behind);  // `end` points into it
  const double value = std::strtod(number.c_str(), &end);
  if (*end != '\0') return std::nullopt;
  const std::size_t suffix_at = digits.find_first_not_of(' ', behind);
  const std::string_view suffix = suffix_at == std::string::npos ? "" : std::string_view(digits).substr(suffix_at);
  for (const Suffix& one : suffixes_of(unit))
    if (one.text == suffix && value * one.factor < 18e18)
      return static_cast<std::uint64_t>(std::llround(value * one.factor));
  return std::nullopt;
}

// COLUMN and what is compared with it, or a text to be found anywhere. Types can hold '<' ("chan<- int"), so what
// stands before it only counts as a column if it is one or a number follows.
Filter read_filter(std::span<const Column> columns, const std::string& text) {
  const std::size_t at = text.find_first_of("=<>");
  const std::string_view name = std::string_view(text).substr(0, at);
  const std::string_view value = at == std::string::npos ? "" : std::string_view(text).substr(at + 1);
  const bool is_name = !name.empty() && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos;
  const bool compares = at != std::string::npos && is_name &&
                        (text[at] == '=' || exactly(columns, name) ||
                         (!value.empty() && std::isdigit(static_cast<unsigned char>(value.front())) != 0));
  if (!compares) return {std::nullopt, Filter::Test::kContains, lower(text), 0};
  Filter filter{find_column(columns, name), static_cast<Filter::Test>(text[at]), lower(value), 0};
  const Column& column = columns[*filter.column];
  if (column.unit == Unit::kText) {
    if (filter.test != Filter::Test::kEquals)
      fail(ErrorCode::kUsage, "--filter {}: {} is text; use {}=TEXT", text, column.name, column.name);
    filter.test = Filter::Test::kContains;
    return filter;
  }
  if (column.unit == Unit::kFlag && (filter.text == "yes" || filter.text == "no")) {
    filter.number = filter.text == "yes" ? 1 : 0;
    return filter;
  }
  const auto number = read_number(value, column.unit);
  if (!number)
    fail(ErrorCode::kUsage, "--filter {}: \"{}\" is not {}", text, value,
         column.unit == Unit::kFlag ? "yes or no" : example_of(column.unit));
  filter.number = *number;
  return filter;
}

bool contains(const Cell& cell, const std::string& text) {
  const auto* value = std::get_if<std::string_view>(&cell);
  return value != nullptr && lower(*value).find(text) != std::string::npos;
}

bool passes(const Table& table, const Filter& filter, std::uint32_t row) {
  if (!filter.column) {
    for (std::size_t column = 0; column < table.shape.columns.size(); ++column)
      if (contains(table.cell(row, column), filter.text)) return true;
    return false;
  }
  const Cell cell = table.cell(row, *filter.column);
  if (filter.test == Filter::Test::kContains) return contains(cell, filter.text);
  const auto* number = std::get_if<std::uint64_t>(&cell);
  if (number == nullptr) return false;
  if (filter.test == Filter::Test::kAbove) return *number > filter.number;
  return filter.test == Filter::Test::kBelow ? *number < filter.number : *number == filter.number;
}

std::vector<std::size_t> read_columns(std::span<const Column> columns, std::string_view names) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; names.empty() && i < columns.size(); ++i)
    if (columns[i].in_text) out.push_back(i);
  for (std::size_t at = 0; at < names.size();) {
    const std::size_t comma = std::min(names.find(',', at), names.size());
    out.push_back(find_column(columns, names.substr(at, comma - at)));
    at = comma + 1;
  }
  return out;
}

SortOrder read_sort(std::span<const Column> columns, std::string_view text) {
  const bool reversed = text.starts_with("-");
  const std::size_t column = find_column(columns, text.substr(reversed ? 1 : 0));
  return {column, (columns[column].unit != Unit::kText) != reversed};
}

}  // namespace

TablePlan plan_table(const TableShape& shape, const TableQuery& query) {
  const std::span<const Column> columns = shape.columns;
  TablePlan plan;
  plan.top = query.top;
  plan.sort = read_sort(columns, query.sort.empty() ? shape.default_sort : std::string_view(query.sort));
  for (const std::string& filter : query.filters) plan.filters.push_back(read_filter(columns, filter));
  plan.text_columns = read_columns(columns, query.columns);
  return plan;
}

Selection select(const Table& table, const TablePlan& plan) {
  struct Key {
    Cell cell;
    std::uint32_t row;
  };
  std::vector<Key> keys;
  for (std::uint32_t row = 0; row < table.rows; ++row)
    if (std::all_of(plan.filters.begin(), plan.filters.end(),
                    [&](const Filter& filter) { return passes(table, filter, row); }))
      keys.push_back({table.cell(row, plan.sort.column), row});
  const auto before = [&](const Key& a, const Key& b) {
    if (a.cell == b.cell) return a.row < b.row;
    if (a.cell.index() == 0 || b.cell.index() == 0) return b.cell.index() == 0;
    return plan.sort.descending ? b.cell < a.cell : a.cell < b.cell;
  };
  const std::size_t shown = plan.top == 0 ? keys.size() : std::min(plan.top, keys.size());
  std::partial_sort(keys.begin(), keys.begin() + static_cast<std::ptrdiff_t>(shown), keys.end(), before);
  Selection selection;
  selection.matching = keys.size();
  for (std::size_t i = 0; i < shown; ++i) selection.rows.push_back(keys[i].row);
  return selection;
}

}  // namespace holdfast::view
