// For tests and as a seed for fuzzing: a small program's debug information with one of everything that DwarfInfo reads.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "binary/dwarf_builder_for_tests.h"

namespace holdfast::binary {
namespace sample {

constexpr unsigned kKind = 0x2900, kElem = 0x2902, kEmbedded = 0x2903, kRuntimeType = 0x2904, kClosureOffset = 0x2907;

inline Bytes static_address(std::uint64_t at) {
  return Bytes().u8(DW_OP_addr).u64(at);
}

inline DwarfBuilder& member(DwarfBuilder& dwarf, std::string_view name, std::uint64_t offset, const std::string& type,
                            bool embedded = false) {
  return dwarf.open(DW_TAG_member)
      .text(DW_AT_name, name)
      .number(DW_AT_data_member_location, offset)
      .reference(DW_AT_type, type)
      .flag(kEmbedded, embedded)
      .close();
}

inline void add_types(DwarfBuilder& dwarf) {
  dwarf.open(DW_TAG_base_type, "int").text(DW_AT_name, "int").number(DW_AT_byte_size, 8).number(kKind, 2).close();
  dwarf.open(DW_TAG_typedef, "box name").text(DW_AT_name, "main.box").reference(DW_AT_type, "box").close();
  dwarf.open(DW_TAG_structure_type, "box").text(DW_AT_name, "main.box").number(DW_AT_byte_size, 48);
  dwarf.number(kKind, 25).address(kRuntimeType, 0x4000);
  member(dwarf, "next", 0, "box pointer");
  member(dwarf, "pair", 8, "pair name", true);
  member(dwarf, "grid", 24, "grid");
  dwarf.close();
  dwarf.open(DW_TAG_pointer_type, "box pointer")
      .text(DW_AT_name, "*main.box")
      .reference(DW_AT_type, "box name")
      .close();
  dwarf.open(DW_TAG_typedef, "pair name").text(DW_AT_name, "main.pair").reference(DW_AT_type, "pair").close();
  dwarf.open(DW_TAG_array_type, "pair").text(DW_AT_name, "main.pair").number(DW_AT_byte_size, 16);
  dwarf.reference(DW_AT_type, "int").open(DW_TAG_subrange_type).number(DW_AT_count, 2).close().close();
  dwarf.open(DW_TAG_array_type, "grid").text(DW_AT_name, "[3]main.pair").number(DW_AT_byte_size, 48);
  dwarf.reference(DW_AT_type, "pair name").open(DW_TAG_subrange_type).number(DW_AT_count, 3).close().close();
  dwarf.open(DW_TAG_structure_type, "ints").text(DW_AT_name, "[]int").number(DW_AT_byte_size, 24).number(kKind, 23);
  dwarf.reference(kElem, "int").close();
  dwarf.open(DW_TAG_typedef, "round").text(DW_AT_name, "main.round").reference(DW_AT_type, "round").close();
}

inline void add_variable(DwarfBuilder& dwarf, unsigned tag, std::string_view name, const std::string& type,
                         const Bytes& location, bool result = false) {
  dwarf.open(tag).text(DW_AT_name, name).flag(DW_AT_variable_parameter, result).reference(DW_AT_type, type);
  dwarf.block(DW_AT_location, location).close();
}

inline void add_functions(DwarfBuilder& dwarf) {
  dwarf.open(DW_TAG_subprogram).text(DW_AT_name, "main.run").address(DW_AT_low_pc, 0x1000).number(DW_AT_high_pc, 0x100);
  dwarf.block(DW_AT_frame_base, Bytes().u8(DW_OP_call_frame_cfa));
  add_variable(dwarf, DW_TAG_formal_parameter, "b", "box pointer", Bytes().u8(DW_OP_call_frame_cfa));
  add_variable(dwarf, DW_TAG_formal_parameter, "~r0", "int", Bytes().u8(DW_OP_fbreg).u8(8), true);
  add_variable(dwarf, DW_TAG_variable, "inRegister", "int", Bytes().u8(DW_OP_reg3));
  dwarf.open(DW_TAG_lexical_block).address(DW_AT_low_pc, 0x1010).address(DW_AT_high_pc, 0x1020);
  const Bytes split = Bytes().u8(DW_OP_reg0).u8(DW_OP_piece).u8(8).u8(DW_OP_fbreg).u8(0x70).u8(DW_OP_piece).u8(16);
  add_variable(dwarf, DW_TAG_variable, "parts", "ints", split);
  dwarf.close().close();
  dwarf.open(DW_TAG_subprogram).text(DW_AT_name, "main.run.func1").address(DW_AT_low_pc, 0x1100);
  dwarf.address(DW_AT_high_pc, 0x1180);
  for (const auto& [name, offset] : {std::pair("&late", 16U), std::pair("early", 8U)})
    dwarf.open(DW_TAG_variable)
        .text(DW_AT_name, name)
        .number(kClosureOffset, offset)
        .reference(DW_AT_type, "int")
        .close();
  dwarf.close();
}

}  // namespace sample

inline DwarfBuilder sample_program(int version, std::uint64_t language = 22) {
  DwarfBuilder dwarf(version, language);
  sample::add_types(dwarf);
  dwarf.open(DW_TAG_constant).text(DW_AT_name, "main.limit").value(-7).close();
  for (const auto& [name, at] : {std::pair("main.second", 0x9030U), std::pair("main.first", 0x9000U)})
    dwarf.open(DW_TAG_variable)
        .text(DW_AT_name, name)
        .block(DW_AT_location, sample::static_address(at))
        .reference(DW_AT_type, "box name")
        .close();
  sample::add_functions(dwarf);
  return dwarf;
}

}  // namespace holdfast::binary
