#include "binary/dwarf_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace holdfast::binary {
namespace {

constexpr std::uint64_t kPointerSize = 8;

std::optional<DwarfTag> type_tag(int tag) {
  switch (tag) {
    case DW_TAG_base_type:
      return DwarfTag::kBase;
    case DW_TAG_structure_type:
      return DwarfTag::kStruct;
    case DW_TAG_array_type:
      return DwarfTag::kArray;
    case DW_TAG_pointer_type:
      return DwarfTag::kPointer;
    case DW_TAG_typedef:
      return DwarfTag::kTypedef;
    case DW_TAG_subroutine_type:
      return DwarfTag::kFunction;
    case DW_TAG_unspecified_type:
      return DwarfTag::kOther;
    default:
      return std::nullopt;
  }
}

// Calls `visit` for each child. False if the chain of children is damaged; one that leads back would never end.
template <typename Visit>
bool for_each_child(Dwarf_Die& parent, Visit&& visit) {
  Dwarf_Die child;
  int state = dwarf_child(&parent, &child);
  while (state == 0) {
    visit(child);
    const Dwarf_Off here = dwarf_dieoffset(&child);
    Dwarf_Die next;
    state = dwarf_siblingof(&child, &next);
    if (state == 0 && dwarf_dieoffset(&next) <= here) return false;
    child = next;
  }
  return state > 0;
}

}  // namespace

void DwarfScan::run() {
  Dwarf_CU* unit_at = nullptr;
  Dwarf_Die die;
  std::uint8_t kind = 0;
  int state = 0;
  while ((state = dwarf_get_units(library_.dwarf, unit_at, &unit_at, nullptr, &kind, &die, nullptr)) == 0)
    if (kind == DW_UT_compile && dwarf_tag(&die) == DW_TAG_compile_unit) unit(die);
  if (state < 0) to_.remarks_.push_back(fmt::format("the list of units is damaged: {}", dwarf_errmsg(-1)));
  resolve();
}

void DwarfScan::unit(Dwarf_Die& die) {
  const DwarfAttributes attributes(library_, die);
  if (attributes.language != kGoLanguage) return;
  if (to_.producer_.empty()) to_.producer_ = attributes.producer;
  if (!for_each_child(die, [&](Dwarf_Die& child) { top_level(child); }))
    to_.remarks_.push_back(
        fmt::format("the unit {} at {:#x} is damaged: {}", attributes.name, dwarf_dieoffset(&die), dwarf_errmsg(-1)));
}

void DwarfScan::top_level(Dwarf_Die& die) {
  const int tag = dwarf_tag(&die);
  if (const auto of_type = type_tag(tag)) return type(die, *of_type);
  if (tag != DW_TAG_constant && tag != DW_TAG_variable && tag != DW_TAG_subprogram) return;
  const DwarfAttributes attributes(library_, die);
  if (tag == DW_TAG_constant && attributes.value) to_.constants_.emplace(attributes.name, *attributes.value);
  if (tag == DW_TAG_variable && attributes.static_address) {
    to_.globals_.push_back({attributes.name, Address(*attributes.static_address), {}});
    global_types_.push_back(attributes.type);
  }
  if (tag == DW_TAG_subprogram && attributes.low_pc && attributes.high_pc.value_or(0) > *attributes.low_pc)
    to_.functions_.push_back(
        {attributes.name, {Address(*attributes.low_pc), Address(*attributes.high_pc)}, dwarf_dieoffset(&die)});
}

void DwarfScan::type(Dwarf_Die& die, DwarfTag tag) {
  const DwarfAttributes attributes(library_, die);
  DwarfType row;
  row.name = attributes.name;
  row.tag = tag;
  row.go_kind = static_cast<std::uint8_t>(attributes.go_kind & 31U);
  row.size = tag == DwarfTag::kPointer ? kPointerSize : attributes.size;
  row.runtime_type = attributes.runtime_type;
  row.first_field = static_cast<std::uint32_t>(to_.fields_.size());
  if (tag == DwarfTag::kStruct || tag == DwarfTag::kArray) members(die, row, tag);
  row.field_count = static_cast<std::uint32_t>(to_.fields_.size()) - row.first_field;
  references_.push_back({attributes.type, attributes.elem, attributes.key});
  to_.type_dies_.push_back(dwarf_dieoffset(&die));
  to_.types_.push_back(row);
}

void DwarfScan::members(Dwarf_Die& die, DwarfType& row, DwarfTag tag) {
  const bool whole = for_each_child(die, [&](Dwarf_Die& child) {
    const int child_tag = dwarf_tag(&child);
    if (child_tag == DW_TAG_subrange_type && tag == DwarfTag::kArray)
      row.count = DwarfAttributes(library_, child).count;
    if (child_tag != DW_TAG_member || tag != DwarfTag::kStruct) return;
    const DwarfAttributes attributes(library_, child);
    to_.fields_.push_back({attributes.name, attributes.member_offset, {}, attributes.embedded});
    field_types_.push_back(attributes.type);
  });
  if (!whole) to_.remarks_.push_back(fmt::format("the type {} is damaged", row.name));
}

void DwarfScan::resolve() {
  for (std::size_t i = 0; i < to_.types_.size(); ++i) {
    to_.types_[i].target = to_.type_of_die(references_[i].target);
    to_.types_[i].elem = to_.type_of_die(references_[i].elem);
    to_.types_[i].key = to_.type_of_die(references_[i].key);
  }
  for (std::size_t i = 0; i < to_.fields_.size(); ++i) to_.fields_[i].type = to_.type_of_die(field_types_[i]);
  for (std::size_t i = 0; i < to_.globals_.size(); ++i) to_.globals_[i].type = to_.type_of_die(global_types_[i]);
  for (DwarfType& row : to_.types_) {
    if (row.tag != DwarfTag::kTypedef || row.size != 0) continue;
    const DwarfTypeId named = to_.underlying(row.target);
    if (named) row.size = to_.type(named).size;
  }
}

}  // namespace holdfast::binary
