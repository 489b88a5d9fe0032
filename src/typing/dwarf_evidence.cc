#include "typing/dwarf_evidence.h"

#include <algorithm>

#include "go/package_names.h"

namespace holdfast::typing {
namespace {

constexpr int kDeepestType = 16;
constexpr std::uint64_t kMostElements = 1 << 16;  // of an array whose type has no descriptor
constexpr std::uint64_t kMostBytes = 64 << 20;    // of one variable
constexpr std::uint8_t kKindMap = 21;
constexpr std::uint8_t kKindChan = 18;
constexpr std::uint8_t kKindSlice = 23;

// Strings, slices and interfaces are structures, too, of which Go has kinds of its own.
TypeKind kind_of(const binary::DwarfType& type) {
  if (type.go_kind != 0) return static_cast<TypeKind>(type.go_kind);
  if (type.tag == binary::DwarfTag::kStruct) return TypeKind::kStruct;
  if (type.tag == binary::DwarfTag::kArray) return TypeKind::kArray;
  return type.tag == binary::DwarfTag::kPointer ? TypeKind::kPointer : TypeKind::kOpaque;
}

}  // namespace

DwarfEvidence::DwarfEvidence(const binary::DwarfInfo& dwarf, const go::Runtime& runtime, const go::LoadedImage& image,
                             TypeTable& table, StringTable& strings, Propagation& propagation)
    : dwarf_(dwarf), runtime_(runtime), image_(image), table_(table), strings_(strings), propagation_(propagation) {
  for (const go::Module& module : runtime.modules)
    if (module.path == image.path) types_ = module.types;
}

// Finds the row of a type by its descriptor, which DW_AT_go_runtime_type names, or else by its full name, which debug
// information and descriptors share.
TypeId DwarfEvidence::row_of(binary::DwarfTypeId id) {
  if (!id) return {};
  const auto [it, is_new] = rows_.try_emplace(id.row);
  if (!is_new) return it->second;
  const binary::DwarfType& type = dwarf_.type(id);
  TypeId row;
  if (type.runtime_type != 0 && types_) row = table_.intern(types_ + type.runtime_type);
  if (!row && !type.name.empty()) row = table_.by_name(type.name);
  rows_[id.row] = row;
  return row;
}

void DwarfEvidence::speak_of(Ground ground, std::string_view name, Address at, Address code) {
  ground_ = ground;
  special_ = heap::SpecialPart::kNone;
  name_ = name;
  variable_ = at;
  code_ = code;
}

void DwarfEvidence::speak_of_special(heap::SpecialPart special, Address code) {
  speak_of(Ground::kSpecial, {}, Address(), code);
  special_ = special;
}

void DwarfEvidence::because(Address at, TypeId type) {
  propagation_.because([&] {
    return Grounds{.ground = ground_,
                   .type = type,
                   .at = at,
                   .variable = variable_,
                   .code = code_,
                   .name = name_.empty() ? StringId() : strings_.add(name_),
                   .special = special_};
  });
}

void DwarfEvidence::claim_value(Address at, binary::DwarfTypeId id, int depth) {
  if (!id || depth > kDeepestType) return;
  const binary::DwarfType& type = dwarf_.type(id);
  if (type.size == 0 || type.size > kMostBytes) return;
  if (const TypeId row = row_of(id); row && table_[row].size == type.size) {
    bytes_.resize(type.size);
    if (!runtime_.memory.try_read(at, bytes_)) return;
    because(at, row);
    return propagation_.claim_value(bytes_, row, KnownBy::kDwarf);
  }
  claim_parts(at, type, depth);
}

// The value's own type has no descriptor; its parts may have one.
void DwarfEvidence::claim_parts(Address at, const binary::DwarfType& type, int depth) {
  const bool is_reference = type.go_kind == kKindMap || type.go_kind == kKindChan;
  if (type.tag == binary::DwarfTag::kTypedef && !is_reference) {
    claim_value(at, type.target, depth + 1);
  } else if (type.go_kind == kKindSlice || type.tag == binary::DwarfTag::kPointer) {
    const auto target = runtime_.memory.try_pointer(at);
    const bool is_slice = type.tag != binary::DwarfTag::kPointer;
    const TypeId elem = row_of(is_slice ? type.elem : type.target);
    if (!target || !*target || !elem) return;
    because(at, {});
    if (is_slice)
      claim_elements(at, *target, elem);
    else
      propagation_.claim_target(*target, elem, KnownBy::kDwarf);
  } else if (type.tag == binary::DwarfTag::kStruct) {
    for (const binary::DwarfField& field : dwarf_.fields(type)) claim_value(at + field.offset, field.type, depth + 1);
  } else if (type.tag == binary::DwarfTag::kArray && type.count > 0) {
    const std::uint64_t stride = type.size / type.count;
    for (std::uint64_t i = 0; i < std::min(type.count, kMostElements); ++i)
      claim_value(at + i * stride, type.target, depth + 1);
  }
}

// Claims what the slice {data, length, capacity} at `at` points to.
void DwarfEvidence::claim_elements(Address at, Address data, TypeId elem) {
  const auto capacity = runtime_.memory.try_integer<std::uint64_t>(at + 16);
  if (capacity && *capacity > 0) propagation_.claim_elements(data, elem, *capacity, KnownBy::kDwarf);
}

TypeId DwarfEvidence::type_of_variable(binary::DwarfTypeId id, int depth) {
  if (!id || depth > kDeepestType) return {};
  const binary::DwarfType& type = dwarf_.type(id);
  if (const TypeId row = row_of(id); row && table_[row].size == type.size) return row;
  if (const auto known = made_.find(id.row); known != made_.end()) return known->second;
  const binary::DwarfTypeId underlying = dwarf_.underlying(id);
  if (!underlying) return {};
  const binary::DwarfType& layout = dwarf_.type(underlying);
  Type made{.name = go::add_name(strings_, type.name), .kind = kind_of(layout), .size = type.size};
  std::vector<Field> fields;
  if (made.kind == TypeKind::kStruct)
    for (const binary::DwarfField& field : dwarf_.fields(layout))
      fields.push_back({strings_.add(field.name), type_of_variable(field.type, depth + 1), field.offset});
  if (made.kind == TypeKind::kArray) {
    made.elem = type_of_variable(layout.target, depth + 1);
    made.count = layout.count;
  }
  if (made.kind == TypeKind::kSlice) made.elem = row_of(layout.elem);
  return made_[id.row] = table_.describe(made, fields);
}

void DwarfEvidence::claim_globals() {
  for (const binary::DwarfGlobal& global : dwarf_.globals()) {
    const Address at = image_.at(global.address);
    speak_of(Ground::kVariable, global.name, at, Address());
    claim_value(at, global.type, 0);
  }
}

void DwarfEvidence::claim_argument(Address code, Address argument) {
  const Address linked = code - image_.bias;
  const binary::DwarfFunction* function = dwarf_.function_at(linked);
  if (function == nullptr) return;
  for (const binary::DwarfVariable& variable : dwarf_.variables(*function, linked)) {
    if (!variable.parameter || variable.result) continue;
    speak_of_special(heap::SpecialPart::kCleanupArgument, code);
    because(argument, {});
    if (const TypeId row = row_of(variable.type)) propagation_.claim_target(argument, row, KnownBy::kDwarf);
    return claim_value(argument, variable.type, 0);
  }
}

// The closure is `func() { cleanup(arg) }` in generic code, which only knows the shape of `arg`; the function that it
// calls knows the type. A variable x that is captured by reference is named "&x".
void DwarfEvidence::claim_captured_argument(Address closure) {
  const auto code = runtime_.memory.try_pointer(closure);
  const binary::DwarfFunction* function = code ? dwarf_.function_at(*code - image_.bias) : nullptr;
  if (function == nullptr) return;
  Address cleanup, argument;
  for (const binary::DwarfCapture& capture : dwarf_.captures(*function)) {
    const bool by_reference = capture.name.starts_with('&');
    Address at = closure + capture.offset;
    if (by_reference) at = runtime_.memory.try_pointer(at).value_or(Address());
    const std::string_view name = capture.name.substr(by_reference ? 1 : 0);
    if (name == "cleanup") cleanup = at;
    if (name == "arg") argument = at;
  }
  if (!cleanup || !argument) return;
  const Address called = runtime_.memory.try_pointer(cleanup).value_or(Address());
  if (!called) return;
  speak_of_special(heap::SpecialPart::kCleanup, Address());
  because(closure, {});
  propagation_.claim_target(called, table_.any_closure(), KnownBy::kClosure);
  if (const auto entry = runtime_.memory.try_pointer(called)) claim_argument(*entry, argument);
}

// Claims what a variable points to. Parts of it may be in registers; the first word of a slice is enough to tell what
// it points to.
void DwarfEvidence::claim_variable(const LiveFrame& frame, const binary::DwarfVariable& variable) {
  const go::StackFrame& at_frame = frame.frame;
  speak_of(Ground::kLocal, variable.name, Address(), at_frame.pc - (at_frame.is_return_address ? 1 : 0));
  const binary::DwarfTypeId underlying = dwarf_.underlying(variable.type);
  if (!underlying) return;
  const binary::DwarfType& type = dwarf_.type(underlying);
  for (const binary::DwarfPiece& piece : variable.pieces) {
    const Address at(frame.frame.fp.value + static_cast<std::uint64_t>(piece.cfa_offset));
    if (!frame.has_live_word({at, at + piece.size})) continue;
    if (piece.offset == 0 && piece.size >= type.size) {
      claim_value(at, variable.type, 0);
    } else if (piece.offset == 0 && type.go_kind == kKindSlice) {
      const auto data = runtime_.memory.try_pointer(at);
      const TypeId elem = row_of(type.elem);
      if (!data || !*data || !elem) continue;
      because(at, {});
      propagation_.claim_target(*data, elem, KnownBy::kDwarf);
    }
  }
}

std::vector<binary::DwarfVariable> DwarfEvidence::variables_at(Address pc) const {
  const Address linked = pc - image_.bias;
  const binary::DwarfFunction* const function = dwarf_.function_at(linked);
  return function == nullptr ? std::vector<binary::DwarfVariable>() : dwarf_.variables(*function, linked);
}

void DwarfEvidence::claim_frames(std::span<const LiveFrame> frames) {
  std::map<Address, std::vector<binary::DwarfVariable>> by_pc;
  for (const LiveFrame& frame : frames) {
    const Address pc = frame.frame.pc - (frame.frame.is_return_address ? 1 : 0);
    auto [it, is_new] = by_pc.try_emplace(pc);
    if (is_new) it->second = variables_at(pc);
    for (const binary::DwarfVariable& variable : it->second) claim_variable(frame, variable);
  }
}

}  // namespace holdfast::typing
