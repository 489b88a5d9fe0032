#include "report/report_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/audit_report.h"
#include "report/chain.h"
#include "report/memory_report.h"
#include "report/target_words.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::AllocationSites;
using view::code_text;
using view::CodePlace;
using view::Finding;
using view::GoroutineRow;
using view::HeapTotals;
using view::Holder;
using view::name_of;
using view::Report;
using view::TypeTotals;

template <class Rows, class Row>
ordered_json list_of(const Rows& rows, const Row& to_json) {
  ordered_json list = ordered_json::array();
  for (const auto& row : rows) list.push_back(to_json(row));
  return list;
}

ordered_json heap_json(const HeapTotals& heap) {
  return {{"objects", heap.objects},
          {"bytes", heap.bytes},
          {"reachable_objects", heap.reachable_objects},
          {"reachable_bytes", heap.reachable_bytes},
          {"edges", heap.edges},
          {"roots", heap.roots},
          {"typed_bytes", heap.typed_bytes},
          {"named_bytes", heap.named_bytes}};
}

ordered_json audit_summary(const Report& report) {
  ordered_json causes = ordered_json::object();
  for (const graph::AuditCause& cause : report.audit.causes) causes[std::string(name_of(cause.kind))] = cause.objects;
  return {{"clean", report.audit.clean},
          {"marked_not_reached", report.audit.marked_not_reached},
          {"reached_not_marked", report.audit.reached_not_marked},
          {"by_cause", causes},
          {"unexplained_objects", report.audit.unexplained_objects},
          {"unexplained_bytes", report.audit.unexplained_bytes}};
}

ordered_json estimate_json(const std::optional<view::AllocationEstimate>& estimate) {
  if (!estimate) return nullptr;
  const auto number_json = [](const heap::EstimatedNumber& number) {
    return ordered_json{{"value", number.value}, {"least", number.least}, {"most", number.most}};
  };
  return {{"objects", number_json(estimate->objects)}, {"bytes", number_json(estimate->bytes)}};
}

ordered_json stack_json(const std::vector<CodePlace>& stack) {
  return list_of(stack, [](const CodePlace& call) {
    return ordered_json{{"function", call.function}, {"file", call.file}, {"line", call.line}};
  });
}

ordered_json allocated_at_json(const std::optional<AllocationSites>& sites) {
  if (!sites) return nullptr;
  const auto place_json = [](const view::AllocationPlace& place) {
    return ordered_json{{"place", code_text(place.place)},
                        {"objects", place.sampled},
                        {"estimate", estimate_json(place.estimate)},
                        {"stack", stack_json(place.stack)}};
  };
  const view::AllocationPlace first = sites->places.empty() ? view::AllocationPlace() : sites->places.front();
  return {{"place", code_text(first.place)},
          {"objects", first.sampled},
          {"sampled_objects", sites->sampled},
          {"share", sites->share()},
          {"agreed", sites->agreed() != nullptr},
          {"stack", stack_json(first.stack)},
          {"estimate", estimate_json(sites->estimate)},
          {"place_count", sites->place_count},
          {"places", list_of(sites->places, place_json)}};
}

ordered_json profile_json(const view::ProfileFacts& profile) {
  return {{"known", profile.known},
          {"rate", profile.rate ? ordered_json(*profile.rate) : ordered_json(nullptr)},
          {"switched_off_by_linker", profile.switched_off},
          {"sampled_objects", profile.sampled},
          {"expected_objects", profile.rate ? ordered_json(profile.expected) : ordered_json(nullptr)},
          {"rate_has_changed", profile.rate_has_changed}};
}

ordered_json also_json(const view::AlsoHolding& also) {
  ordered_json json = {{"who", also.who.full}, {"bytes", also.bytes}, {"for_the_moment", also.for_the_moment}};
  if (also.rule) json["rule"] = rule_json(*also.rule);
  return json;
}

ordered_json channel_json(const std::optional<view::ChannelFacts>& channel) {
  if (!channel) return nullptr;
  return {{"name", channel->name.full},  {"element", channel->element},    {"address", hex(channel->address)},
          {"length", channel->length},   {"capacity", channel->capacity},  {"closed", channel->closed},
          {"senders", channel->senders}, {"receivers", channel->receivers}};
}

ordered_json open_json(const std::string& command) {
  return command.empty() ? ordered_json(nullptr) : ordered_json(command);
}

ordered_json holder_json(const Holder& holder, const std::string& target) {
  return {{"bytes", holder.bytes},
          {"count", holder.count},
          {"what", holder.what.full},
          {"container", holder.container},
          {"channel", channel_json(holder.channel)},
          {"stack_bytes", holder.stack_bytes},
          {"owners", list_of(holder.owners, [](const view::Sentence& owner) { return owner.full; })},
          {"also_held_by", list_of(holder.also, also_json)},
          {"chain", chain_json(holder.chain)},
          {"created_by", code_text(holder.created_by)},
          {"allocated_at", allocated_at_json(holder.allocated_at)},
          {"explained_by", holder.explained_by},
          {"open", open_json(opening_command(holder.chain, target))}};
}

ordered_json known_json(const std::optional<view::KnownLeak>& known) {
  if (!known) return nullptr;
  return {{"library", known->library},
          {"version", known->version},
          {"fixed_in", known->fixed_in},
          {"issue", known->issue},
          {"words", known->words}};
}

ordered_json folded_finding_json(const view::FoldedFinding& folded) {
  return {{"id", folded.id},
          {"title", folded.title.full},
          {"bytes", folded.bytes},
          {"confidence", name_of(folded.confidence)},
          {"fingerprint", folded.fingerprint}};
}

ordered_json finding_json(const Finding& finding, const std::string& target) {
  return {{"id", finding.id},
          {"title", finding.title.full},
          {"bytes", finding.bytes},
          {"exclusive_bytes", finding.exclusive_bytes},
          {"shared_bytes", finding.shared_bytes ? ordered_json(*finding.shared_bytes) : ordered_json(nullptr)},
          {"count", finding.count},
          {"confidence", name_of(finding.confidence)},
          {"minor", finding.is_minor},
          {"because", finding.because.full},
          {"chain", chain_json(finding.chain)},
          {"fault", finding.fault},
          {"allocated_at", allocated_at_json(finding.allocated_at)},
          {"fix", finding.fix.full},
          {"fingerprint", finding.fingerprint},
          {"known_leak", known_json(finding.known)},
          {"folded", list_of(finding.folded, folded_finding_json)},
          {"waits_for", finding.waits_for},
          {"open", open_json(opening_command(finding, target))}};
}

ordered_json type_json(const TypeTotals& row) {
  return {{"type", row.type},
          {"count", row.count},
          {"bytes", row.bytes},
          {"retained_bytes", row.retained_bytes},
          {"known_by", name_of(row.known_by)},
          {"allocated_at", allocated_at_json(row.allocated_at)}};
}

ordered_json goroutine_json(const GoroutineRow& row) {
  return {{"count", row.count},
          {"state", name_of(row.state)},
          {"wait_reason", name_of(row.wait_reason)},
          {"created_by", code_text(row.created_by)},
          {"top", code_text(row.top)},
          {"channel_count", row.channels.count},
          {"channel", channel_json(row.channels.one)},
          {"common_channels", list_of(row.channels.common, channel_json)},
          {"retained_bytes", row.retained_bytes},
          {"shared_bytes", row.shared_bytes},
          {"stack_bytes", row.stack_bytes},
          {"stack_used", row.stack_used},
          {"depth", row.depth},
          {"largest_frame", code_text(row.largest_frame)},
          {"largest_frame_bytes", row.largest_frame_bytes},
          {"longest_waiting_ns", row.longest_waiting_ns},
          {"verdict", row.leaked > 0 && row.leaked == row.count ? "leaked" : ""},
          {"leaked", row.leaked},
          {"leaked_bytes", row.leaked_bytes},
          {"leaked_stack_bytes", row.leaked_stack_bytes},
          {"system", row.system},
          {"goids", row.goids},
          {"allocated_at", allocated_at_json(row.allocated_at)}};
}

// `name` and `first` are those of the mapping in `memory`.
ordered_json outside_json(const Report& report) {
  ordered_json list = ordered_json::array();
  for (const view::ProcessHolder& holder : report.outside) {
    ordered_json row = {
        {"part", view::name_of(holder.part)}, {"bytes", holder.bytes}, {"what", outside_words(report, holder)}};
    if (holder.mapping != view::ProcessHolder::kNoMapping) {
      const view::MappingGroup& group = report.memory.mappings[holder.mapping];
      row["name"] = group.name;
      row["first"] = hex(group.first);
    }
    list.push_back(std::move(row));
  }
  return list;
}

}  // namespace

namespace {

ordered_json since_json(const std::optional<view::Since>& since) {
  if (!since) return nullptr;
  return {{"target", since->name},
          {"one_process", since->is_one_process},
          {"seconds", since->seconds ? ordered_json(*since->seconds) : ordered_json()},
          {"collections", since->collections ? ordered_json(*since->collections) : ordered_json()},
          {"bytes_before", since->live_before.bytes},
          {"bytes", since->live_now.bytes}};
}

}  // namespace

ordered_json report_json(const Report& report, const std::string& target) {
  const auto holder = [&](const Holder& one) { return holder_json(one, target); };
  const auto finding = [&](const Finding& one) { return finding_json(one, target); };
  ordered_json took = ordered_json::object();
  for (const auto& [pass, ms] : report.took_ms) took[pass] = ms;
  return {{"schema", "holdfast.report/2"},
          {"target", target_json(report.target)},
          {"pause_ms", report.pause.measured_ms},
          {"pause_predicted_ms", report.pause.predicted_ms},
          {"pause_predicted_least_ms", report.pause.predicted_least_ms},
          {"pause_predicted_most_ms", report.pause.predicted_most_ms},
          {"bytes_read", report.pause.bytes_read},
          {"took_ms", took},
          {"peak_rss_bytes", report.peak_rss_bytes},
          {"account", account_json(report.account)},
          {"memory", memory_parts_json(report.memory)},
          {"heap", heap_json(report.heap)},
          {"memory_profile", profile_json(report.profile)},
          {"audit", audit_summary(report)},
          {"types", list_of(report.types, type_json)},
          {"type_count", report.type_count},
          {"holders", list_of(report.holders, holder)},
          {"holder_count", report.holder_count},
          {"held_bytes", report.held_bytes},
          {"outside_the_heap", outside_json(report)},
          {"goroutine_count", report.goroutine_count},
          {"goroutine_places", report.goroutine_places},
          {"goroutines", list_of(report.goroutines, goroutine_json)},
          {"since", since_json(report.since)},
          {"findings", list_of(report.findings, finding)},
          {"finding_count", report.finding_count},
          {"detectors", report.detectors},
          {"losses", losses_json(report.losses)}};
}

}  // namespace holdfast::report
