#include "view/type_chain.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/units.h"
#include "view/labels.h"
#include "view/names.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

using heap::TypeStep;
using heap::Witness;

// " main.serve, server.go:88"
std::string code_text(const TypeStep& step) {
  const std::string function = step.function.empty() ? hex(step.code) : short_type(step.function);
  const std::string place = line_text(step.file, step.line);
  return place.empty() ? function : fmt::format("{}, {}", function, place);
}

// Says where the word lies: in an object, in a variable, in a frame.
std::string word_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  if (step.holder)
    return fmt::format("{} of {}, at {}", step.field.empty() ? "the first word" : step.field,
                       short_type(type_or_none(snapshot, step.holder_type)), hex(step.word));
  const std::string source = source_text(step);
  if (source.empty()) return step.word ? hex(step.word) : std::string("an unknown place");
  return source + step.field;
}

std::string holder_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  const std::string rule = rule_text(snapshot, step);
  const std::string text = rule.empty() ? rule : fmt::format("library rule {}: ", rule);
  if (step.holder)
    return text + fmt::format("{} of {}", step.field.empty() ? "the first word" : step.field,
                              short_type(type_or_none(snapshot, step.holder_type)));
  return text + word_text(snapshot, step);
}

// Says what the instruction does with the variable, or with what that leads to.
std::string use_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  if (step.holder_type)
    return fmt::format("uses {} as {}, this is {}", source_text(step),
                       short_type(type_or_none(snapshot, step.holder_type)),
                       step.field.empty() ? "its first word" : step.field);
  return step.witness == Witness::kCodeStrong ? fmt::format("stores it in {}", source_text(step))
                                              : fmt::format("uses what {} points to as such", source_text(step));
}

}  // namespace

std::string type_or_none(const heap::Snapshot& snapshot, TypeId type) {
  return type ? type_name(snapshot, type) : std::string("an object without a type");
}

std::string rule_text(const heap::Snapshot& snapshot, const TypeStep& step) {
  if (step.rule != heap::LibraryRule::kStructure) return std::string(name_of(step.rule));
  const std::string type = type_name(snapshot, step.rule_type);
  return type.substr(0, type.find('['));  // the rule does not depend on the type's arguments
}

std::string source_text(const TypeStep& step) {
  return step.special == heap::SpecialPart::kNone ? variable_text(step.variable) : std::string(name_of(step.special));
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
      return fmt::format("the runtime's own list {}", source_text(step));
    case Witness::kSpecial:
      return step.code ? fmt::format("{} {}", source_text(step), code_text(step)) : source_text(step);
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

std::string place_text(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address,
                       const heap::VariableWord& variable) {
  if (const auto hit = index.find(address))
    return fmt::format("a free slot of {}", format_bytes(snapshot.spans[hit->span.row].slot_size));
  if (index.find_page(address)) return "the rest of a span, behind its last slot";
  for (const heap::Goroutine& goroutine : snapshot.goroutines)
    if (goroutine.stack.contains(address)) return fmt::format("the stack of goroutine {}", goroutine.goid);
  if (!variable.empty()) return fmt::format("the package variable {}", variable_text(variable));
  return "neither the heap nor a goroutine's stack nor a package variable";
}

}  // namespace holdfast::view
