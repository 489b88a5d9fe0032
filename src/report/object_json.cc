#include <nlohmann/json.hpp>

#include "base/text.h"
#include "report/chain.h"
#include "report/object_report.h"
#include "report/target_words.h"
#include "view/value_text.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using nlohmann::ordered_json;
using view::name_of;
using view::ShownObject;
using view::Value;

ordered_json address_or_null(Address address) {
  return address ? ordered_json(hex(address)) : ordered_json(nullptr);
}

ordered_json value_json(const Value& value) {
  ordered_json json = {{"name", value.name},
                       {"type", value.type},
                       {"text", value.text},
                       {"address", address_or_null(value.at)},
                       {"points_to", address_or_null(value.points_to)}};
  if (!value.holds.empty()) json["holds"] = value.holds;
  if (value.alone_bytes) json["alone_bytes"] = *value.alone_bytes;
  json["part_count"] = value.all_parts;
  if (value.first_part > 0) json["first_part"] = value.first_part;
  if (value.text_shown < value.text_bytes) {
    json["text_bytes"] = value.text_bytes;
    json["text_bytes_shown"] = value.text_shown;
  }
  if (!value.more.empty()) json["more"] = value.more;
  if (value.left_out_alone > 0) json["left_out_alone_bytes"] = value.left_out_alone;
  json["parts"] = ordered_json::array();
  for (const Value& part : value.parts) json["parts"].push_back(value_json(part));
  return json;
}

ordered_json out_json(const view::ReferenceOut& row) {
  return {{"offset", row.offset}, {"field", row.field}, {"address", hex(row.to)},
          {"type", row.type},     {"bytes", row.bytes}, {"retained_bytes", row.retained_bytes}};
}

ordered_json in_json(const view::ReferencesIn& row) {
  return {{"from", row.who.full},
          {"is_root", row.is_root},
          {"pointers", row.count},
          {"from_garbage", row.from_garbage},
          {"example", address_or_null(row.example)},
          {"retained_bytes", row.is_root ? ordered_json(nullptr) : ordered_json(row.retained_bytes)}};
}

template <typename Row, typename ToJson>
ordered_json list_json(const view::CutList<Row>& list, const ToJson& to_json) {
  ordered_json rows = ordered_json::array();
  for (const Row& row : list.rows) rows.push_back(to_json(row));
  return {{"count", list.all},
          {"left_out_pointers", list.left_out_count},
          {"left_out_bytes", list.left_out_bytes},
          {"rows", std::move(rows)}};
}

ordered_json slot_json(const ShownObject& shown) {
  return {{"bytes", shown.slot_bytes},
          {"header_bytes", shown.header_bytes},
          {"size_class", shown.size_class},
          {"has_pointers", shown.has_pointers},
          {"span", hex(shown.span)},
          {"span_bytes", shown.span_bytes},
          {"slot", shown.slot},
          {"slots", shown.slots}};
}

ordered_json collector_json(const ShownObject& shown) {
  ordered_json specials = ordered_json::array();
  for (const view::SpecialOfObject& special : shown.specials)
    specials.push_back({{"kind", name_of(special.kind)}, {"text", special.text.full}});
  ordered_json json = {{"reachable", shown.reachable},
                       {"marked", nullptr},
                       {"allocated_since_mark", nullptr},
                       {"may_be_marked", nullptr}};
  if (shown.marks_known) {
    json["marked"] = shown.marked;
    json["allocated_since_mark"] = shown.fresh;
  }
  if (shown.excuse)
    json["may_be_marked"] = name_of(static_cast<graph::AuditCauseKind>(
        static_cast<int>(graph::AuditCauseKind::kAllocateBlack) + static_cast<int>(*shown.excuse)));
  json["specials"] = std::move(specials);
  return json;
}

ordered_json stack_json(const ShownObject& shown) {
  ordered_json stack = ordered_json::array();
  for (const view::CodePlace& call : shown.allocation_stack)
    stack.push_back({{"function", call.function}, {"file", call.file}, {"line", call.line}});
  return stack;
}

}  // namespace

ordered_json object_json(const heap::TargetInfo& target, const ShownObject& shown) {
  ordered_json json = {{"schema", "holdfast.show/1"},
                       {"target", target_json(target)},
                       {"asked", hex(shown.asked)},
                       {"address", hex(shown.address)},
                       {"value_address", hex(shown.value_at)},
                       {"field_asked", shown.field_asked},
                       {"type", shown.type},
                       {"known_by", name_of(shown.known_by)},
                       {"whole", shown.whole},
                       {"slot", slot_json(shown)},
                       {"collector", collector_json(shown)},
                       {"retained_bytes", shown.retained_bytes},
                       {"retained_objects", shown.retained_objects},
                       {"held_by", shown.held.text.full},
                       {"chain", chain_json(shown.held.chain)},
                       {"sampled", shown.profiled},
                       {"allocated_at", code_text(shown.allocated_at)},
                       {"allocation_stack", stack_json(shown)},
                       {"has_content", shown.value.has_content},
                       {"remark", shown.value.remark},
                       {"value", value_json(shown.value.value)},
                       {"refers_to", list_json(shown.refers_to, out_json)},
                       {"referred_to_by", list_json(shown.referred_by, in_json)}};
  if (!shown.value.raw.empty()) json["raw"] = hex(std::as_bytes(std::span(shown.value.raw)));
  return json;
}

ordered_json debugger_json(const heap::TargetInfo& target, const view::DebuggerCommands& commands) {
  return {{"schema", "holdfast.show-debugger/1"},
          {"target", target_json(target)},
          {"open", commands.open},
          {"commands", commands.commands},
          {"remarks", commands.remarks}};
}

}  // namespace holdfast::report
