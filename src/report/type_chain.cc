#include "report/type_chain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "report/fold.h"
#include "report/names.h"
#include "report/type_table.h"

namespace holdfast::report {
namespace {

using heap::TypeStep;
using heap::Witness;
using nlohmann::ordered_json;

std::string hex(Address address) {
  return fmt::format("{:#x}", address.value);
}

std::string_view type_name(const heap::Snapshot& snapshot, TypeId type) {
  return type ? snapshot.strings[snapshot.types[type.row].name] : std::string_view("an object without a type");
}

// " main.serve, server.go:88"
std::string code_text(const TypeStep& step) {
  const std::string function = step.function.empty() ? hex(step.code) : short_type(step.function);
  return step.place.empty() ? function : fmt::format("{}, {}", function, step.place.substr(step.place.rfind('/') + 1));
}

// Where the word lies: in an object, in a variable, in a frame.
std::string word_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  if (step.holder)
    return fmt::format("{} of {}, at {}", step.field.empty() ? "the first word" : step.field,
                       short_type(type_name(snapshot, step.holder_type)), hex(step.word));
  if (step.name.empty()) return step.word ? hex(step.word) : std::string("an unknown place");
  return step.name + step.field;
}

std::string holder_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  std::string text = step.rule.empty() ? std::string() : fmt::format("library rule {}: ", step.rule);
  if (step.holder)
    return text + fmt::format("{} of {}", step.field.empty() ? "the first word" : step.field,
                              short_type(type_name(snapshot, step.holder_type)));
  return text + word_text(snapshot, step);
}

// What the instruction does with the variable, or with what it leads to.
std::string use_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  if (step.holder_type)
    return fmt::format("uses {} as {}, this is {}", step.name, short_type(type_name(snapshot, step.holder_type)),
                       step.field.empty() ? "its first word" : step.field);
  return step.witness == Witness::kCodeStrong ? fmt::format("stores it in {}", step.name)
                                              : fmt::format("uses what {} points to as such", step.name);
}

ordered_json step_json(const heap::Snapshot& snapshot, const TypeStep& step) {
  ordered_json json = {{"address", hex(step.at)},
                       {"object", static_cast<bool>(step.object)},
                       {"type", type_name(snapshot, step.type)},
                       {"known_by", name_of(step.known_by)},
                       {"whole", !step.beginning},
                       {"replaced_later", step.replaced},
                       {"evidence", name_of(step.witness)}};
  const auto add = [&](const char* key, const std::string& text) {
    if (!text.empty()) json[key] = text;
  };
  add("rule", step.rule);
  if (step.word) add("word", hex(step.word));
  if (step.holder_type) add("holder_type", std::string(type_name(snapshot, step.holder_type)));
  add("field", step.field);
  add("name", step.name);
  add("function", step.function);
  add("place", step.place);
  if (step.code) add("code", hex(step.code));
  if (step.descriptor) add("descriptor", hex(step.descriptor));
  add("text", reason_text(snapshot, step));
  return json;
}

std::string step_line(const heap::Snapshot& snapshot, const TypeStep& step) {
  return fmt::format("  {:<14} {}{}{}: {}\n", hex(step.at), short_type(type_name(snapshot, step.type)),
                     step.beginning ? ", at its beginning" : "", step.replaced ? ", as it was taken for then" : "",
                     cleaned(reason_text(snapshot, step)));
}

}  // namespace

std::string_view name_of(Witness witness) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"unknown", "holder", "header", "span", "interface", "closure", "list", "special",
                                       "variable", "local", "code strong", "code weak", "slot", "shape"});
  return kNames[static_cast<std::size_t>(witness)];
}

std::string reason_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  switch (step.witness) {
    case Witness::kHolder:
      return holder_text(snapshot, step);
    case Witness::kHeader:
      return fmt::format("the allocation header names the type at {}", hex(step.descriptor));
    case Witness::kSpan:
      return "the span of this large object names its type";
    case Witness::kInterface:
      return fmt::format("the interface {} names it by {}", word_text(snapshot, step), hex(step.descriptor));
    case Witness::kClosure:
      return fmt::format("a closure: its first word is the code of {}", code_text(step));
    case Witness::kList:
      return fmt::format("the runtime's own list {}", step.name);
    case Witness::kSpecial:
      return step.code ? fmt::format("{} {}", step.name, code_text(step)) : step.name;
    case Witness::kVariable:
      return fmt::format("debug information: package variable {}", word_text(snapshot, step));
    case Witness::kLocal:
      return fmt::format("debug information: variable {} of {}", word_text(snapshot, step), code_text(step));
    case Witness::kSlot:
      return fmt::format("machine code: the frame of {} uses a slot of it as such", code_text(step));
    case Witness::kShape:
      return "a guess: of all types only this one explains its words and what its neighbours say";
    case Witness::kCodeStrong:
    case Witness::kCodeWeak:
      return fmt::format("machine code: {} {}", code_text(step), use_text(snapshot, step));
    case Witness::kNone:
      break;
  }
  return "it is not known who said so";
}

std::string explained_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                           const ExplainedType& explained) {
  const heap::ObjectType known = snapshot.object_type[explained.object.row];
  const Names names(snapshot, index);
  const Address begin = index.address_of(explained.object);
  std::string out = fmt::format("{} lies {} into the object {}, {} of {}\n", hex(explained.asked),
                                format_bytes(explained.asked - begin), hex(begin),
                                explained.object.row < snapshot.pointerful ? "a slot with pointers" : "a slot",
                                format_bytes(index.size_of(explained.object)));
  if (!known) return out + "type: not known, nothing says what it is\n";
  out += fmt::format("type: {}\nknown by: {}\n", names.type_of(explained.object), name_of(known.known_by()));
  if (!explained.chain) return out;
  const heap::TypeChain& chain = *explained.chain;
  out += "\n";
  for (std::size_t i = 0; i < chain.steps.size(); ++i) {
    if (i == chain.head && chain.left_out > 0) out += fmt::format("  ... {} more\n", format_count(chain.left_out));
    out += step_line(snapshot, chain.steps[i]);
  }
  if (!chain.refused.empty()) out += "\nrefused, since it does not fit\n";
  for (const TypeStep& step : chain.refused) out += step_line(snapshot, step);
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

std::string place_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address,
                       const std::string& variable) {
  if (const auto hit = index.find(address))
    return fmt::format("a free slot of {}", format_bytes(snapshot.spans[hit->span.row].slot_size));
  if (index.find_page(address)) return "the rest of a span, behind its last slot";
  for (const heap::Goroutine& goroutine : snapshot.goroutines)
    if (goroutine.stack.contains(address)) return fmt::format("the stack of goroutine {}", goroutine.goid);
  if (!variable.empty()) return fmt::format("the package variable {}", variable);
  return "neither the heap nor a goroutine's stack nor a package variable";
}

}  // namespace holdfast::report
