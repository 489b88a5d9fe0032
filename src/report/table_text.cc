#include "report/table_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/terminal_text.h"
#include "base/units.h"

namespace holdfast::report {
namespace {

using view::Cell;
using view::Selection;
using view::Table;
using view::TablePlan;
using view::Unit;

constexpr std::size_t kWidth = 100;
constexpr std::size_t kGap = 2;
constexpr std::size_t kNarrowest = 12;  // of a folded column

std::string padded(const std::string& text, std::size_t width, bool right) {
  const std::size_t own = text_width(text);
  const std::string gap(width > own ? width - own : 0, ' ');
  return right ? gap + text : text + gap;
}

using Lines = std::vector<std::vector<std::string>>;  // by line and column; the first are the titles

// The widest columns of text give way until the line fits.
std::vector<std::size_t> column_widths(const Lines& lines, const std::vector<bool>& is_text) {
  std::vector<std::size_t> widths(is_text.size());
  for (const auto& line : lines)
    for (std::size_t c = 0; c < line.size(); ++c) widths[c] = std::max(widths[c], text_width(line[c]));
  const auto total = [&] { return std::accumulate(widths.begin(), widths.end(), (widths.size() - 1) * kGap); };
  while (total() > kWidth) {
    std::size_t* widest = nullptr;
    for (std::size_t c = 0; c < widths.size(); ++c)
      if (is_text[c] && widths[c] > kNarrowest && (widest == nullptr || widths[c] > *widest)) widest = &widths[c];
    if (widest == nullptr) break;
    --*widest;
  }
  return widths;
}

// "12 of 81 types; --top 0 shows all"
std::string footer(const Table& table, const Selection& selection) {
  std::string text = fmt::format("{} {}", format_count(table.rows), table.shape.name);
  if (selection.matching < table.rows) text = fmt::format("{} of {} match", format_count(selection.matching), text);
  if (selection.rows.size() < selection.matching)
    text = fmt::format("{} of {}; --top 0 shows all", format_count(selection.rows.size()), text);
  return text;
}

}  // namespace

std::string cell_text(const Cell& cell, Unit unit) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(*text);
  const auto* number = std::get_if<std::uint64_t>(&cell);
  if (number == nullptr) return "-";
  switch (unit) {
    case Unit::kBytes:
      return format_bytes(*number);
    case Unit::kAddress:
      return fmt::format("{:#x}", *number);
    case Unit::kNanoseconds:
      return format_seconds(static_cast<double>(*number) * 1e-9);
    case Unit::kFlag:
      return *number != 0 ? "yes" : "no";
    case Unit::kId:
      return std::to_string(*number);
    case Unit::kText:
    case Unit::kCount:
      break;
  }
  return format_count(*number);
}

std::string table_text(const Table& table, const TablePlan& plan, const Selection& selection) {
  Lines lines(1);
  std::vector<bool> is_text, is_right;
  for (const std::size_t c : plan.text_columns) {
    const Unit unit = table.shape.columns[c].unit;
    lines.front().emplace_back(table.shape.columns[c].title);
    is_text.push_back(unit == Unit::kText);
    is_right.push_back(unit != Unit::kText && unit != Unit::kFlag);
  }
  for (const std::uint32_t row : selection.rows) {
    auto& line = lines.emplace_back();
    for (const std::size_t c : plan.text_columns)
      line.push_back(cell_text(table.cell(row, c), table.shape.columns[c].unit));
  }
  const std::vector<std::size_t> widths = column_widths(lines, is_text);
  std::string out;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    std::string text;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      text += std::string(c > 0 ? kGap : 0, ' ');
      text += padded(folded(lines[l][c], widths[c]), widths[c], is_right[c]);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + "\n";
    if (l == 0 || !table.lines) continue;
    for (const std::string& below : table.lines(selection.rows[l - 1])) out += "      " + cleaned(below) + "\n";
  }
  return out + "\n" + footer(table, selection) + "\n";
}

}  // namespace holdfast::report
