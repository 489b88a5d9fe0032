#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/units.h"
#include "report/growth_report.h"
#include "report/target_words.h"

namespace holdfast::report {
namespace {

using graph::SlotFate;
using nlohmann::ordered_json;
using view::MomentSum;

ordered_json moment_sum_json(const MomentSum& sum) {
  return {{"objects", sum.count}, {"bytes", sum.bytes}};
}

ordered_json look_sum_json(std::size_t look, const MomentSum& sum) {
  return {{"look", look + 1}, {"count", sum.count}, {"bytes", sum.bytes}, {"retained", sum.retained}};
}

ordered_json looks_sums_json(const std::vector<MomentSum>& steps) {
  ordered_json json = ordered_json::array();
  for (std::size_t look = 0; look < steps.size(); ++look) json.push_back(look_sum_json(look, steps[look]));
  return json;
}

ordered_json folded_json(const view::FoldedRows& folded) {
  return {{"rows", folded.rows}, {"steps", looks_sums_json(folded.steps)}};
}

ordered_json number_or_null(const std::optional<std::int64_t>& value) {
  return value ? ordered_json(*value) : ordered_json();
}

ordered_json change_json(const view::Growth& growth, view::ChangeBy by, const view::ChangeRow& row) {
  const auto change = row.change();
  ordered_json steps = ordered_json::array();
  for (std::size_t look = 0; look < row.steps.size(); ++look)
    if (row.steps[look]) steps.push_back(look_sum_json(look, *row.steps[look]));
  const auto shared_among = [&](double parts) {
    return change && parts > 0 ? ordered_json(static_cast<double>(*change) / parts) : ordered_json();
  };
  return {{"what", row.text.full},
          {"key", row.key},
          {"rises", row.rises},
          {"change_bytes", number_or_null(change)},
          {"change_count", number_or_null(row.count_change())},
          {"per_second", shared_among(growth.seconds.value_or(0))},
          {"per_operation", shared_among(static_cast<double>(growth.operations))},
          {"steps", steps},
          {"open", opening_command(growth, by, row)}};
}

ordered_json change_list_json(const view::Growth& growth, const view::ChangeList& list, std::size_t rows) {
  ordered_json changes = ordered_json::array();
  for (std::size_t row = 0; row < std::min(rows, list.rows.size()); ++row)
    changes.push_back(change_json(growth, list.by, list.rows[row]));
  return {{"by", words_of(list.by)},
          {"absent", list.absent ? ordered_json(list.absent->full) : ordered_json()},
          {"changes", changes},
          {"cut", folded_json(sum_of_cut(list, rows))},
          {"settled_below", list.settled_below},
          {"settled", folded_json(list.settled)},
          {"unchanged", folded_json(list.unchanged)},
          {"smallest", list.smallest},
          {"rest", looks_sums_json(list.rest.steps)},
          {"all", looks_sums_json(list.all)}};
}

ordered_json flow_json(const view::Flow& flow) {
  const auto before = [&](SlotFate fate) { return moment_sum_json(flow.before[static_cast<std::size_t>(fate)]); };
  const auto after = [&](SlotFate fate) { return moment_sum_json(flow.after[static_cast<std::size_t>(fate)]); };
  return {{"stayed", before(SlotFate::kStayed)},
          {"unclear", before(SlotFate::kUnclear)},
          {"freed", moment_sum_json(flow.freed())},
          {"freed_slot_reused", before(SlotFate::kReplaced)},
          {"freed_slot_of_another_type", before(SlotFate::kRetyped)},
          {"allocated", moment_sum_json(flow.allocated())},
          {"allocated_in_reused_slot", after(SlotFate::kReplaced)},
          {"allocated_in_slot_of_another_type", after(SlotFate::kRetyped)},
          {"dropped", moment_sum_json(flow.dropped)},
          {"revived", moment_sum_json(flow.revived)}};
}

ordered_json step_flow_json(const view::StepFlow& flow) {
  ordered_json types = ordered_json::array();
  for (const view::TypeFlow& row : flow.types) {
    ordered_json one = {{"type", row.type}};
    one.update(flow_json(row.flow));
    types.push_back(std::move(one));
  }
  return {{"from_look", flow.from + 1},
          {"collections", flow.collections ? ordered_json(*flow.collections) : ordered_json()},
          {"frees_early", flow.frees_early},
          {"objects", flow_json(flow.all)},
          {"types", types},
          {"goroutines_stayed", flow.goroutines_stayed},
          {"goroutines_ended", flow.goroutines_ended},
          {"goroutines_came", flow.goroutines_came}};
}

ordered_json look_json(const view::Moment& moment) {
  return {{"name", moment.name},
          {"target", target_json(moment.target)},
          {"at", moment.at_ns == 0 ? ordered_json() : ordered_json(iso_moment(moment.at_ns))},
          {"live", moment_sum_json(moment.live)},
          {"garbage", moment_sum_json(moment.garbage)},
          {"goroutines", moment.goroutines},
          {"stack_bytes", moment.stack_bytes},
          {"rss", moment.rss == 0 ? ordered_json() : ordered_json(moment.rss)},
          {"losses", moment.losses}};
}

}  // namespace

ordered_json growth_json(const view::Growth& growth, std::size_t rows) {
  ordered_json json = {{"schema", "holdfast.diff/1"}, {"kinship", words_of(growth.kinship)}};
  json["looks"] = ordered_json::array();
  for (const view::Moment& moment : growth.moments) json["looks"].push_back(look_json(moment));
  json["seconds"] = growth.seconds ? ordered_json(*growth.seconds) : ordered_json();
  json["operations"] = growth.operations == 0 ? ordered_json() : ordered_json(growth.operations);
  json["lists"] = ordered_json::array();
  for (const view::ChangeList& list : growth.lists) json["lists"].push_back(change_list_json(growth, list, rows));
  json["steps"] = ordered_json::array();
  for (const view::StepFlow& flow : growth.flows) json["steps"].push_back(step_flow_json(flow));
  return json;
}

}  // namespace holdfast::report
