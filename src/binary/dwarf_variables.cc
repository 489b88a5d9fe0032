// Variables of functions. They are read when they are asked for.
#include <algorithm>
#include <limits>

#include "binary/dwarf_info.h"
#include "binary/dwarf_library.h"

namespace holdfast::binary {
namespace {

constexpr int kDeepestScope = 64;
constexpr std::size_t kMostChildren = 1 << 16;  // of one scope; a real function has a few hundred

template <typename Visit>
void for_each_child(Dwarf_Die& parent, Visit&& visit) {
  Dwarf_Die child;
  int state = dwarf_child(&parent, &child);
  for (std::size_t count = 0; state == 0 && count < kMostChildren; ++count) {
    visit(child);
    Dwarf_Die next;
    state = dwarf_siblingof(&child, &next);
    child = next;
  }
}

// Evaluates the operations that Go emits for variables in memory; a part that is elsewhere gives no piece. `size` is
// that of the variable.
std::vector<DwarfPiece> pieces_of(std::span<const Dwarf_Op> operations, std::uint64_t size) {
  std::vector<DwarfPiece> pieces;
  std::int64_t place = 0;
  bool in_memory = false;
  bool composite = false;
  std::uint64_t offset = 0;
  for (const Dwarf_Op& operation : operations) {
    switch (operation.atom) {
      case DW_OP_call_frame_cfa:
      case DW_OP_fbreg:
        place = operation.atom == DW_OP_fbreg ? static_cast<std::int64_t>(operation.number) : 0;
        in_memory = true;
        break;
      case DW_OP_consts:  // must come before DW_OP_plus
      case DW_OP_plus_uconst:
        place = static_cast<std::int64_t>(static_cast<std::uint64_t>(place) + operation.number);
        break;
      case DW_OP_plus:
        break;
      case DW_OP_piece:
        if (in_memory) pieces.push_back({offset, operation.number, place});
        offset += operation.number;
        in_memory = false;
        composite = true;
        break;
      default:
        in_memory = false;
    }
  }
  if (!composite && in_memory) pieces.push_back({0, size, place});
  return pieces;
}

// Also looks behind DW_AT_abstract_origin, where inlined variables have their attributes.
bool attribute_of(Dwarf_Die& die, unsigned name, Dwarf_Attribute& to) {
  return dwarf_attr_integrate(&die, name, &to) != nullptr;
}

std::uint64_t type_die_of(Dwarf_Die& variable) {
  Dwarf_Attribute attribute;
  Dwarf_Die type;
  if (!attribute_of(variable, DW_AT_type, attribute) || dwarf_formref_die(&attribute, &type) == nullptr) return 0;
  return dwarf_dieoffset(&type);
}

std::vector<DwarfPiece> memory_of(Dwarf_Die& variable, Address pc, std::uint64_t size) {
  Dwarf_Attribute attribute;
  if (dwarf_attr(&variable, DW_AT_location, &attribute) == nullptr) return {};
  Dwarf_Op* operations = nullptr;
  std::size_t count = 0;
  if (dwarf_getlocation_addr(&attribute, pc.value, &operations, &count, 1) != 1) return {};
  return pieces_of(std::span(operations, count), size);
}

// Visits all variables of the scopes that hold at `pc`.
template <typename Visit>
void for_each_variable(Dwarf_Die& scope, Address pc, int depth, Visit& visit) {
  if (depth > kDeepestScope) return;
  for_each_child(scope, [&](Dwarf_Die& child) {
    const int tag = dwarf_tag(&child);
    if (tag == DW_TAG_formal_parameter || tag == DW_TAG_variable) visit(child);
    if ((tag == DW_TAG_lexical_block || tag == DW_TAG_inlined_subroutine) && dwarf_haspc(&child, pc.value) > 0)
      for_each_variable(child, pc, depth + 1, visit);
  });
}

}  // namespace

std::vector<DwarfVariable> DwarfInfo::variables(const DwarfFunction& function, Address pc) const {
  const std::lock_guard lock(library_->in_use);
  std::vector<DwarfVariable> out;
  Dwarf_Die die;
  if (dwarf_offdie(library_->dwarf, function.die, &die) == nullptr) return out;
  if (!DwarfAttributes(*library_, die).frame_base_is_cfa) return out;
  auto visit = [&](Dwarf_Die& variable) {
    DwarfVariable row;
    Dwarf_Attribute attribute;
    if (attribute_of(variable, DW_AT_name, attribute)) row.name = library_->text(attribute);
    if (attribute_of(variable, DW_AT_variable_parameter, attribute)) dwarf_formflag(&attribute, &row.result);
    row.parameter = dwarf_tag(&variable) == DW_TAG_formal_parameter;
    row.type = type_of_die(type_die_of(variable));
    row.pieces = memory_of(variable, pc, row.type ? type(row.type).size : 0);
    out.push_back(std::move(row));
  };
  for_each_variable(die, pc, 0, visit);
  return out;
}

std::vector<DwarfCapture> DwarfInfo::captures(const DwarfFunction& function) const {
  const std::lock_guard lock(library_->in_use);
  std::vector<DwarfCapture> out;
  Dwarf_Die die;
  if (dwarf_offdie(library_->dwarf, function.die, &die) == nullptr) return out;
  for_each_child(die, [&](Dwarf_Die& child) {
    if (dwarf_tag(&child) != DW_TAG_variable) return;
    const DwarfAttributes attributes(*library_, child);
    if (attributes.closure_offset)
      out.push_back({attributes.name, *attributes.closure_offset, type_of_die(attributes.type)});
  });
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.offset < b.offset; });
  return out;
}

}  // namespace holdfast::binary
