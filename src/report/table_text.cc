#include "report/table_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/terminal_text.h"
#include "base/units.h"
#include "report/text_columns.h"

namespace holdfast::report {
namespace {

using view::Cell;
using view::Column;
using view::Selection;
using view::Shown;
using view::Table;
using view::TablePlan;
using view::Unit;

constexpr std::size_t kIndent = 6;  // of what stands under a row

// ", own 3.1 MiB"
std::string left_out_text(const view::TableShape& shape, const Selection& selection) {
  const auto column = std::ranges::find(shape.columns, shape.sum, &Column::name);
  if (column == shape.columns.end()) return "";
  return fmt::format(", {} {}{}", shape.sum, shape.rows_overlap ? "at most " : "",
                     cell_text(selection.left_out, *column));
}

// "and 69 more, own 3.1 MiB; `--top 0` shows all", then "20 of 81 types match", the table's remark, and how to open a
// row
std::string footer(const Table& table, const Selection& selection, std::size_t width) {
  std::string text;
  if (selection.rows.size() < selection.matching)
    text = wrapped(
        "",
        fmt::format("and {} more{}; `--top 0` shows all", format_count(selection.matching - selection.rows.size()),
                    left_out_text(table.shape, selection)),
        width);
  const std::string all = format_count(table.rows, table.shape.row);
  text += "\n" +
          (selection.matching < table.rows ? fmt::format("{} of {} match{}", format_count(selection.matching), all,
                                                         selection.matching == 1 ? "es" : "")
                                           : all) +
          "\n";
  if (!table.remark.empty()) text += wrapped("", table.remark, width);
  if (!table.open) return text;
  for (std::size_t i = 0; i < selection.rows.size(); ++i) {
    const std::string command = table.open(selection.rows[i]);
    if (command.empty()) continue;
    const std::string which = i == 0 ? "the first" : fmt::format("line {}", i + 1);
    return text + wrapped("", fmt::format("open a row, as {}: `{}`", which, command), width);
  }
  return text;
}

}  // namespace

namespace {

std::string number_text(std::uint64_t number, Unit unit) {
  switch (unit) {
    case Unit::kBytes:
      return format_bytes(number);
    case Unit::kAddress:
      return fmt::format("{:#x}", number);
    case Unit::kNanoseconds:
      return format_seconds(static_cast<double>(number) * 1e-9);
    case Unit::kFlag:
      return number != 0 ? "yes" : "no";
    case Unit::kId:
      return std::to_string(number);
    case Unit::kText:
    case Unit::kCount:
      break;
  }
  return format_count(number);
}

}  // namespace

std::string cell_text(const Cell& cell, const Column& column) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(*text);
  const bool is_change = column.sign == view::Sign::kChange;
  if (const auto* number = std::get_if<std::uint64_t>(&cell))
    return (is_change && *number > 0 ? "+" : "") + number_text(*number, column.unit);
  const auto* number = std::get_if<std::int64_t>(&cell);
  if (number == nullptr) return "-";
  if (*number >= 0)
    return (is_change && *number > 0 ? "+" : "") + number_text(static_cast<std::uint64_t>(*number), column.unit);
  return "-" + number_text(0 - static_cast<std::uint64_t>(*number), column.unit);
}

namespace {

bool is_shown(const Table& table, const TablePlan& plan, const Selection& selection, std::size_t column) {
  if (plan.columns_named || table.shape.columns[column].shown != Shown::kIfAny) return true;
  return std::any_of(selection.rows.begin(), selection.rows.end(), [&](std::uint32_t row) {
    return !std::holds_alternative<std::monostate>(table.cell(row, column));
  });
}

Stays stays_of(const Column& column, bool sorts) {
  if (sorts) return Stays::kAlways;
  return column.shown == Shown::kIfRoom || column.shown == Shown::kIfAny ? Stays::kIfRoom : Stays::kUsually;
}

// The rows under all rows that are shown, laid out as one, so that their columns stand below one another. Headings are
// above the first of them only.
class LinesBelow {
 public:
  LinesBelow(const Table& table, const Selection& selection, std::size_t width) {
    if (!table.below) return;
    std::vector<std::vector<std::string>> cells(1);
    for (const std::size_t c : shown_columns(*table.below, selection)) {
      const Column& column = table.below->columns[c];
      cells.front().emplace_back(column.name);
      columns_.push_back({column.unit != Unit::kText && column.unit != Unit::kFlag, column.unit == Unit::kText,
                          stays_of(column, false)});
    }
    for (const std::uint32_t row : selection.rows) {
      starts_.push_back(cells.size());
      for (std::uint32_t number = 0; number < table.below->rows(row); ++number) {
        auto& line = cells.emplace_back();
        for (const std::size_t c : shown_columns(*table.below, selection))
          line.push_back(cell_text(table.below->cell(row, number, c), table.below->columns[c]));
      }
    }
    starts_.push_back(cells.size());
    layout_ = lay_out(cells, columns_, width - std::min(width, kIndent));
    heading_is_due_ = cells.size() > 1;
  }

  // Of the row that is shown at this place.
  std::string of(std::size_t place, const TextStyle& style) {
    std::string out;
    if (starts_.empty() || starts_[place] == starts_[place + 1]) return out;
    const std::string indent(kIndent, ' ');
    if (std::exchange(heading_is_due_, false)) out += indent + style.bold(layout_.lines.front()) + "\n";
    for (std::size_t l = starts_[place]; l < starts_[place + 1]; ++l) out += indent + layout_.lines[l] + "\n";
    return out;
  }

 private:
  const std::vector<std::size_t>& shown_columns(const view::RowsBelow& below, const Selection& selection) {
    if (!shown_.empty()) return shown_;
    for (std::size_t c = 0; c < below.columns.size(); ++c)
      if (below.columns[c].shown != Shown::kWhenAsked &&
          (below.columns[c].shown != Shown::kIfAny || has_any(below, selection, c)))
        shown_.push_back(c);
    return shown_;
  }
  static bool has_any(const view::RowsBelow& below, const Selection& selection, std::size_t column) {
    for (const std::uint32_t row : selection.rows)
      for (std::uint32_t number = 0; number < below.rows(row); ++number)
        if (below.cell(row, number, column) != Cell()) return true;
    return false;
  }

  std::vector<TextColumn> columns_;
  std::vector<std::size_t> shown_;   // columns of the rows below
  std::vector<std::size_t> starts_;  // by row that is shown: its first line of the layout; then the end of the last
  TextLayout layout_;
  bool heading_is_due_ = false;
};

}  // namespace

std::string table_text(const Table& table, const TablePlan& plan, const Selection& selection, const TextStyle& style) {
  std::vector<std::vector<std::string>> rows(1);  // the first row has the headings
  std::vector<TextColumn> columns;
  std::vector<std::size_t> shown;
  for (const std::size_t c : plan.text_columns) {
    if (!is_shown(table, plan, selection, c)) continue;
    const Column& column = table.shape.columns[c];
    shown.push_back(c);
    rows.front().emplace_back(column.name);
    columns.push_back({column.unit != Unit::kText && column.unit != Unit::kFlag, column.unit == Unit::kText,
                       stays_of(column, c == plan.sort.column)});
  }
  for (const std::uint32_t row : selection.rows) {
    auto& cells = rows.emplace_back();
    for (const std::size_t c : shown) cells.push_back(cell_text(table.cell(row, c), table.shape.columns[c]));
  }
  const TextLayout layout = lay_out(rows, columns, style.width);
  LinesBelow below_rows(table, selection, style.width);
  std::string out = style.bold(layout.lines.front()) + "\n";
  for (std::size_t l = 1; l < layout.lines.size(); ++l) {
    out += layout.lines[l] + "\n" + below_rows.of(l - 1, style);
    if (!table.lines) continue;
    for (const std::string& inner : table.lines(selection.rows[l - 1]))
      out += std::string(kIndent, ' ') + folded(inner, style.width - std::min(style.width, kIndent)) + "\n";
  }
  return out + left_out_words(layout, rows.front(), style.width) + footer(table, selection, style.width);
}

}  // namespace holdfast::report
