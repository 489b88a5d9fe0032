#include "report/table_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "report/audit_report.h"
#include "report/target_words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::Cell;
using view::Selection;
using view::Table;
using view::Unit;

ordered_json cell_json(const Cell& cell, Unit unit) {
  if (const auto* text = std::get_if<std::string_view>(&cell)) return std::string(*text);
  if (const auto* change = std::get_if<std::int64_t>(&cell)) return *change;
  const auto* number = std::get_if<std::uint64_t>(&cell);
  if (number == nullptr) return nullptr;
  if (unit == Unit::kFlag) return *number != 0;
  if (unit == Unit::kAddress) return fmt::format("{:#x}", *number);
  return *number;
}

ordered_json below_json(const view::RowsBelow& below, std::uint32_t row) {
  ordered_json rows = ordered_json::array();
  for (std::uint32_t number = 0; number < below.rows(row); ++number) {
    ordered_json one = ordered_json::object();
    for (std::size_t c = 0; c < below.columns.size(); ++c)
      one[std::string(below.columns[c].name)] = cell_json(below.cell(row, number, c), below.columns[c].unit);
    rows.push_back(std::move(one));
  }
  return rows;
}

}  // namespace

ordered_json table_json(const Table& table, const Selection& selection, const heap::Snapshot* snapshot) {
  ordered_json rows = ordered_json::array();
  for (const std::uint32_t row : selection.rows) {
    ordered_json one = ordered_json::object();
    for (std::size_t c = 0; c < table.shape.columns.size(); ++c)
      one[std::string(table.shape.columns[c].name)] = cell_json(table.cell(row, c), table.shape.columns[c].unit);
    if (table.open) {
      const std::string command = table.open(row);
      one["open"] = command.empty() ? ordered_json(nullptr) : ordered_json(command);
    }
    if (table.below) one[std::string(table.below->name)] = below_json(*table.below, row);
    if (table.lines) one[std::string(table.lines_name)] = table.lines(row);
    rows.push_back(std::move(one));
  }
  ordered_json json = {{"schema", fmt::format("holdfast.{}/2", table.shape.name)}};
  if (snapshot != nullptr) json["target"] = target_json(snapshot->target);
  json["rows"] = table.rows;
  json["matching"] = selection.matching;
  if (!table.remark.empty()) json["remark"] = table.remark;
  json[std::string(table.shape.name)] = std::move(rows);
  if (snapshot != nullptr) json["losses"] = losses_json(snapshot->losses);
  return json;
}

}  // namespace holdfast::report
