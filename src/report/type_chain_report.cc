#include "report/type_chain_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/text.h"
#include "base/units.h"
#include "view/labels.h"
#include "view/names.h"
#include "view/type_table.h"
#include "view/words.h"

namespace holdfast::report {
namespace {

using heap::TypeStep;
using nlohmann::ordered_json;
using view::ExplainedType;
using view::line_text_with_path;
using view::name_of;
using view::Names;
using view::reason_text;
using view::rule_text;
using view::short_type;
using view::source_text;
using view::type_or_none;

ordered_json step_json(const heap::Snapshot& snapshot, const TypeStep& step) {
  ordered_json json = {{"address", hex(step.at)},
                       {"object", static_cast<bool>(step.object)},
                       {"type", type_or_none(snapshot, step.type)},
                       {"known_by", name_of(step.known_by)},
                       {"whole", !step.beginning},
                       {"replaced_later", step.replaced},
                       {"evidence", name_of(step.witness)}};
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  add("rule", rule_text(snapshot, step));
  if (step.word) add("word", hex(step.word));
  if (step.holder_type) add("holder_type", type_or_none(snapshot, step.holder_type));
  add("field", step.field);
  add("name", source_text(step));
  add("function", step.function);
  add("place", line_text_with_path(step.file, step.line));
  if (step.code) add("code", hex(step.code));
  if (step.descriptor) add("descriptor", hex(step.descriptor));
  add("text", reason_text(snapshot, step));
  return json;
}

std::string step_line(const heap::Snapshot& snapshot, const TypeStep& step, std::size_t width) {
  return wrapped(fmt::format("  {:<14} ", hex(step.at)),
                 fmt::format("{}{}{}: {}", short_type(type_or_none(snapshot, step.type)),
                             step.beginning ? ", at its beginning" : "",
                             step.replaced ? ", as it was taken for then" : "", reason_text(snapshot, step)),
                 width);
}

}  // namespace

std::string explained_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                           const ExplainedType& explained, const TextStyle& style) {
  const heap::ObjectType known = snapshot.object_type[explained.object.row];
  const Names names(snapshot, index);
  const Address begin = index.address_of(explained.object);
  std::string out = wrapped("",
                            fmt::format("{} lies {} into the object {}, {} of {}", hex(explained.asked),
                                        format_bytes(explained.asked - begin), hex(begin),
                                        explained.object.row < snapshot.pointerful ? "a slot with pointers" : "a slot",
                                        format_bytes(index.size_of(explained.object))),
                            style.width);
  if (!known) return out + "type: not known, nothing says what it is\n";
  const std::string type = wrapped("type: ", names.type_of(explained.object), style.width);
  out += style.bold(type.substr(0, type.size() - 1)) + fmt::format("\nknown by: {}\n", name_of(known.known_by()));
  if (!explained.chain) return out;
  const heap::TypeChain& chain = *explained.chain;
  out += "\n";
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    if (i == chain.head && chain.left_out > 0) out += fmt::format("  ... {} more\n", format_count(chain.left_out));
    out += step_line(snapshot, chain.steps[i], style.width);
  }
  if (!chain.refused.empty()) out += "\nrefused, since it does not fit\n";
  for (const TypeStep& step : chain.refused) out += step_line(snapshot, step, style.width);
  return out;
}

ordered_json explained_json(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                            const ExplainedType& explained) {
  const heap::ObjectType known = snapshot.object_type[explained.object.row];
  ordered_json json = {{"schema", "holdfast.type-reasons/1"},
                       {"address", hex(explained.asked)},
                       {"object", hex(index.address_of(explained.object))},
                       {"bytes", index.size_of(explained.object)},
                       {"type", nullptr},
                       {"known_by", nullptr},
                       {"steps", nullptr},
                       {"left_out", 0},
                       {"left_out_after", 0},
                       {"refused", ordered_json::array()}};
  if (known) {
    json["type"] = Names(snapshot, index).type_of(explained.object);
    json["known_by"] = name_of(known.known_by());
  }
  if (!explained.chain) return json;
  json["left_out"] = explained.chain->left_out;
  json["left_out_after"] = explained.chain->head;
  json["steps"] = ordered_json::array();
  for (const TypeStep& step : explained.chain->steps) json["steps"].push_back(step_json(snapshot, step));
  for (const TypeStep& step : explained.chain->refused) json["refused"].push_back(step_json(snapshot, step));
  return json;
}

}  // namespace holdfast::report
