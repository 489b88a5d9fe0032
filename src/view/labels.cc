#include "view/labels.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/text.h"
#include "heap/field_path.h"
#include "view/names.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

using heap::Relation;

std::string with(std::string text, const std::string& more) {
  if (!more.empty()) text += " " + more;
  return text;
}

// The names of functions and variables, with import paths or without.
class NamesIn {
 public:
  NamesIn(const StringTable& strings, Detail detail) : strings_(strings), full_(detail == Detail::kFull) {}

  std::string operator[](StringId name) const {
    return full_ ? std::string(strings_[name]) : short_type(strings_[name]);
  }
  std::string line(const heap::PlaceInCode& code) const { return line_text(strings_[code.file], code.line); }

 private:
  const StringTable& strings_;
  const bool full_;
};

// Names a function that is called or run.
std::string function_text(const NamesIn& names, const heap::PlaceInCode& code) {
  if (code.function) return names[code.function];
  return code.pc ? hex(code.pc) : std::string();
}

std::string frame_text(const NamesIn& names, const heap::PlaceInCode& code) {
  if (!code.function) return fmt::format("frame at {:#x}", code.pc.value);
  return with(fmt::format("{}+{:#x}", names[code.function], code.offset), names.line(code));
}

// "bss+0x58 of libplugin.so"
std::string data_text(heap::Section section, std::uint64_t offset, std::string_view module) {
  const std::string text = fmt::format("{}+{:#x}", name_of(section), offset);
  return module.empty() ? text : fmt::format("{} of {}", text, base_name(module));
}

std::string place_text(const heap::Snapshot& snapshot, const heap::PlaceInData& place) {
  return data_text(place.section, place.offset, snapshot.strings[place.module]);
}

std::string users_text(const NamesIn& names, const heap::Label& label) {
  std::string text = names[label.user];
  return label.other_user ? fmt::format("{}, {}", text, names[label.other_user]) : text;
}

// "global *main.Registry", or "global" if the type is not known. A long text of a type that is put together from others
// names nothing better than the users do.
std::string global_text(const heap::Snapshot& snapshot, Detail detail, TypeId type) {
  constexpr std::size_t kLongest = 80;
  std::string name = type_name(snapshot, type);
  if (detail != Detail::kFull) name = short_type(name);
  return name.size() > kLongest && !snapshot.types[type.row].is_named ? "global" : with("global", name);
}

// Says what is known of a variable without a name; empty if nothing is.
std::string unnamed_text(const heap::Snapshot& snapshot, Detail detail, const heap::Label& label, TypeId type) {
  const NamesIn names(snapshot.strings, detail);
  switch (label.relation) {
    case Relation::kItself:
      return label.user ? fmt::format("{} of {}", global_text(snapshot, detail, type), users_text(names, label))
                        : std::string();
    case Relation::kInside:
      return fmt::format("global+{:#x} of {}", label.distance, users_text(names, label));
    case Relation::kAfter:
      return fmt::format("{:#x} after a global of {}", label.distance, users_text(names, label));
    case Relation::kBehind:
      break;
  }
  const heap::Label& holder = snapshot.labels[label.behind.row];
  const bool has_name = static_cast<bool>(holder.variable);
  if (label.user)
    return fmt::format("global of {}, perhaps behind {}{}", users_text(names, label), has_name ? "" : "one of ",
                       names[has_name ? holder.variable : holder.user]);
  return fmt::format("variable {}behind {}", label.basis == heap::Basis::kNearness ? "perhaps " : "",
                     has_name ? names[holder.variable] : fmt::format("a global of {}", users_text(names, holder)));
}

std::string specials_text(heap::RootKind members) {
  switch (members) {
    case heap::RootKind::kFinalizer:
      return "finalizers";
    case heap::RootKind::kCleanup:
      return "cleanups";
    case heap::RootKind::kWeakHandle:
      return "handles of weak pointers";
    case heap::RootKind::kTinyBlock:
      return "blocks for tiny objects";
    default:
      return std::string(name_of(members));
  }
}

std::string group_text(const NamesIn& names, const heap::Label& label) {
  if (label.members != heap::RootKind::kGoroutine) return specials_text(label.members);
  std::string text = "goroutines";
  if (const std::string_view reason = name_of(label.wait_reason); !reason.empty())
    text += fmt::format(" in {}", reason);
  if (!label.code.function) return text;
  return with(fmt::format("{} at {}", text, names[label.code.function]), names.line(label.code));
}

// Returns the words that stand before the function that a slot, a queue or a special belongs to.
std::string_view kind_text(heap::RootKind kind) {
  switch (kind) {
    case heap::RootKind::kStackSlot:
      return "stack";
    case heap::RootKind::kStartClosure:
      return "closure to start with";
    case heap::RootKind::kDefer:
      return "deferred call";
    default:
      return name_of(kind);
  }
}

bool is_queue(heap::RootKind kind) {
  return kind == heap::RootKind::kFinalizerQueue || kind == heap::RootKind::kCleanupQueue;
}

}  // namespace

std::string line_text_with_path(std::string_view file, std::uint32_t line) {
  return file.empty() ? std::string() : fmt::format("{}:{}", file, line);
}

std::string line_text(std::string_view file, std::uint32_t line) {
  return line_text_with_path(base_name(file), line);
}

std::string code_text(const CodePlace& place, Detail detail) {
  return with(detail == Detail::kFull ? place.function : short_type(place.function), line_text(place.file, place.line));
}

std::string variable_text(const heap::Snapshot& snapshot, const heap::Label& label, Detail detail, TypeId type) {
  const NamesIn names(snapshot.strings, detail);
  if (label.variable) return names[label.variable];
  const std::string place = place_text(snapshot, label.data);
  const std::string text = detail == Detail::kPlace ? std::string() : unnamed_text(snapshot, detail, label, type);
  return text.empty() ? place : fmt::format("{} ({})", text, place);
}

std::string variable_text(const heap::VariableWord& word) {
  std::string text = word.variable;
  if (!text.empty() && word.offset > 0) text += fmt::format("+{:#x}", word.offset);
  if (text.empty() && word.section != heap::Section::kNone) text = data_text(word.section, word.offset, word.module);
  for (const std::int32_t offset : word.loads) text += fmt::format(" -> +{:#x}", offset);
  return text;
}

const heap::Label& label_of(const heap::Snapshot& snapshot, const heap::Root& root) {
  static const heap::Label none;
  return root.label ? snapshot.labels[root.label.row] : none;
}

RootFacts facts_of(const heap::Snapshot& snapshot, const heap::Root& root) {
  const heap::Label& label = label_of(snapshot, root);
  const auto text = [&](StringId id) { return std::string(snapshot.strings[id]); };
  RootFacts facts;
  facts.kind = root.kind;
  facts.basis = label.basis;
  if (root.goroutine) facts.goid = snapshot.goroutines[root.goroutine.row].goid;
  facts.variable = text(label.variable);
  for (const StringId user : {label.user, label.other_user})
    if (user) facts.users.push_back(text(user));
  facts.section = label.data.section;
  facts.offset = label.data.offset;
  facts.module = text(label.data.module);
  facts.wait_reason = label.wait_reason;
  facts.function = text(label.code.function);
  facts.file = text(label.code.file);
  facts.line = label.code.line;
  return facts;
}

namespace {

// Names the variable of which the root is a field: the one that it lies in, or that points to that one, as a program
// would write it.
std::string whole_text(const heap::Snapshot& snapshot, const heap::Root& root, const heap::Label& label,
                       Detail detail) {
  if (label.relation == Relation::kBehind) {
    const heap::Label& holder = snapshot.labels[label.behind.row];
    if (holder.variable || detail == Detail::kPlace) return variable_text(snapshot, holder, detail);
    return fmt::format("{} behind one of {} ({})", global_text(snapshot, detail, root.type),
                       users_text(NamesIn(snapshot.strings, detail), holder), place_text(snapshot, holder.data));
  }
  heap::Label whole = label;
  whole.relation = Relation::kItself;
  whole.data.offset -= root.type_offset;
  return variable_text(snapshot, whole, detail, root.type);
}

}  // namespace

std::string root_text(const heap::Snapshot& snapshot, const heap::Root& root, Detail detail) {
  const heap::Label& label = label_of(snapshot, root);
  const NamesIn names(snapshot.strings, detail);
  switch (root.kind) {
    case heap::RootKind::kGroup:
      return group_text(names, label);
    case heap::RootKind::kGlobal:
      return heap::is_field(root, label) ? whole_text(snapshot, root, label, detail)
                                         : variable_text(snapshot, label, detail, root.type);
    case heap::RootKind::kGoroutine:
      return root.goroutine ? fmt::format("goroutine {}", snapshot.goroutines[root.goroutine.row].goid) : "goroutine";
    case heap::RootKind::kFrame:
      return frame_text(names, label.code);
    default:
      break;
  }
  const std::string function = function_text(names, label.code);
  std::string text(kind_text(root.kind));
  if (is_queue(root.kind) && !function.empty()) text += ":";
  return with(text, function);
}

std::string root_text_with_field(const heap::Snapshot& snapshot, const heap::Root& root) {
  std::string text = root_text(snapshot, root);
  const auto targets = std::span(snapshot.root_targets).subspan(root.first_target, root.target_count);
  const bool is_word = std::ranges::all_of(targets, [](const heap::RootTarget& target) { return target.offset == 0; });
  if (is_word && heap::is_field(root, label_of(snapshot, root)))
    text += heap::field_path(snapshot, root.type, root.type_offset).text;
  return text;
}

bool is_of_runtime(const heap::Snapshot& snapshot, const heap::Root& variable) {
  const auto is_its_name = [&](StringId id) {
    const std::string_view name = snapshot.strings[id];
    // The handles of runtime/cgo are the program's: what it gave to C.
    return id && !name.starts_with("runtime/cgo.") &&
           (name.starts_with("runtime.") || name.starts_with("runtime/") || name.starts_with("internal/runtime/"));
  };
  const heap::Label* label = &label_of(snapshot, variable);
  if (label->relation == Relation::kBehind && label->behind) label = &snapshot.labels[label->behind.row];
  if (label->variable) return is_its_name(label->variable);
  // Its functions can be inlined into others, which then use its variables; it uses no others.
  return is_its_name(label->user) || is_its_name(label->other_user);
}

std::string channel_text(std::string_view element) {
  if (element.empty()) return "chan";
  return element.starts_with("<-") ? fmt::format("chan ({})", element) : fmt::format("chan {}", element);
}

std::string type_name(const StringTable& strings, const std::vector<heap::Type>& types, TypeId type) {
  if (!type) return {};
  const heap::Type& row = types[type.row];
  const std::string_view name = strings[row.name];
  if (row.role == heap::TypeRole::kClosure) return with(std::string(name_of(row.role)), std::string(name));
  if (row.name || row.role == heap::TypeRole::kNone) return std::string(name);
  const auto own_name = [&](TypeId part) { return part ? strings[types[part.row].name] : std::string_view(); };
  if (row.role == heap::TypeRole::kChannel) return channel_text(own_name(row.of));
  const std::string_view role = name_of(row.role);
  if (!row.of) return std::string(role);
  const heap::Type& of = types[row.of.row];
  if (of.kind == heap::TypeKind::kMap && !of.is_named)
    return fmt::format("{}[{}]{}", role, own_name(of.key), own_name(of.elem));
  return fmt::format("{}[{}]", role, own_name(row.of));
}

std::string type_name(const heap::Snapshot& snapshot, TypeId type) {
  return type_name(snapshot.strings, snapshot.types, type);
}

std::string part_name(const heap::Snapshot& snapshot, TypeId type) {
  return type_name(snapshot, type) + "…";
}

}  // namespace holdfast::view
