#include "binary/dwarf_info.h"

#include <elf.h>
#include <gmock/gmock.h>

#include <cstring>
#include <random>

#include "base/error.h"
#include "binary/dwarf_builder.h"

namespace holdfast::binary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr unsigned kKind = 0x2900, kElem = 0x2902, kEmbedded = 0x2903, kRuntimeType = 0x2904, kClosureOffset = 0x2907;

ByteView view(const std::vector<std::byte>& bytes) {
  return {bytes, "a.out"};
}

Bytes static_address(std::uint64_t at) {
  return Bytes().u8(DW_OP_addr).u64(at);
}

DwarfBuilder& member(DwarfBuilder& dwarf, std::string_view name, std::uint64_t offset, const std::string& type,
                     bool embedded = false) {
  return dwarf.open(DW_TAG_member)
      .text(DW_AT_name, name)
      .number(DW_AT_data_member_location, offset)
      .reference(DW_AT_type, type)
      .flag(kEmbedded, embedded)
      .close();
}

void add_types(DwarfBuilder& dwarf) {
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

void add_variable(DwarfBuilder& dwarf, unsigned tag, std::string_view name, const std::string& type,
                  const Bytes& location, bool result = false) {
  dwarf.open(tag).text(DW_AT_name, name).flag(DW_AT_variable_parameter, result).reference(DW_AT_type, type);
  dwarf.block(DW_AT_location, location).close();
}

void add_functions(DwarfBuilder& dwarf) {
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

DwarfBuilder whole_program(int version, std::uint64_t language = 22) {
  DwarfBuilder dwarf(version, language);
  add_types(dwarf);
  dwarf.open(DW_TAG_constant).text(DW_AT_name, "main.limit").value(-7).close();
  for (const auto& [name, at] : {std::pair("main.second", 0x9030U), std::pair("main.first", 0x9000U)})
    dwarf.open(DW_TAG_variable)
        .text(DW_AT_name, name)
        .block(DW_AT_location, static_address(at))
        .reference(DW_AT_type, "box name")
        .close();
  add_functions(dwarf);
  return dwarf;
}

class DwarfInfoTest : public ::testing::TestWithParam<int> {
 protected:
  const std::vector<std::byte> bytes_ = whole_program(GetParam()).build();
  const DwarfInfo dwarf_{view(bytes_)};
};
INSTANTIATE_TEST_SUITE_P(Versions, DwarfInfoTest, ::testing::Values(4, 5));

TEST_P(DwarfInfoTest, ReadsTypesAsAGraph) {
  const DwarfTypeId id = dwarf_.find_type("main.box");
  ASSERT_TRUE(id);
  const DwarfType& box = dwarf_.type(id);
  EXPECT_EQ(box.tag, DwarfTag::kStruct);  // not the typedef of the same name before it
  EXPECT_EQ(box.size, 48u);
  EXPECT_EQ(box.go_kind, 25);
  EXPECT_EQ(dwarf_.find_runtime_type(0x4000), id);
  EXPECT_FALSE(dwarf_.find_runtime_type(0));
  const auto fields = dwarf_.fields(box);
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].name, "next");
  EXPECT_EQ(dwarf_.underlying(dwarf_.type(fields[0].type).target), id);
  EXPECT_EQ(fields[1].offset, 8u);
  EXPECT_TRUE(fields[1].embedded);
  EXPECT_EQ(dwarf_.type(fields[1].type).size, 16u);
  EXPECT_EQ(dwarf_.type(dwarf_.find_type("[]int")).elem, dwarf_.find_type("int"));
  EXPECT_EQ(dwarf_.producer(), "Go cmd/compile go1.26.8; regabi");
  EXPECT_THAT(dwarf_.remarks(), IsEmpty());
}

TEST_P(DwarfInfoTest, NamesArraysByTheirElements) {
  EXPECT_EQ(dwarf_.name_of_parts(dwarf_.find_type("main.box")), "main.box");
  EXPECT_EQ(dwarf_.name_of_parts(dwarf_.find_type("main.pair")), "[2]int");
  EXPECT_EQ(dwarf_.name_of_parts(dwarf_.find_type("[3]main.pair")), "[3][2]int");
  EXPECT_EQ(dwarf_.name_of_parts(dwarf_.find_type("[]int")), "");
  EXPECT_EQ(dwarf_.name_of_parts(dwarf_.find_type("int")), "");
  EXPECT_EQ(dwarf_.name_of_parts(DwarfTypeId()), "");
}

TEST_P(DwarfInfoTest, ATypedefOfItselfNamesNothing) {
  EXPECT_FALSE(dwarf_.underlying(dwarf_.find_type("main.round")));
  EXPECT_EQ(dwarf_.name_of_parts(dwarf_.find_type("main.round")), "");
}

TEST_P(DwarfInfoTest, ReadsConstantsAndVariables) {
  EXPECT_EQ(dwarf_.constant("main.limit"), -7);
  EXPECT_FALSE(dwarf_.constant("main.box"));
  ASSERT_EQ(dwarf_.globals().size(), 2u);
  EXPECT_EQ(dwarf_.globals()[0].name, "main.first");
  EXPECT_EQ(dwarf_.find_global("main.second")->address, Address(0x9030));
  EXPECT_EQ(dwarf_.global_at(Address(0x902f))->name, "main.first");
  EXPECT_EQ(dwarf_.global_at(Address(0x9030))->name, "main.second");
  EXPECT_EQ(dwarf_.global_at(Address(0x8fff)), nullptr);
  EXPECT_EQ(dwarf_.global_at(Address(0x9060)), nullptr);
}

TEST_P(DwarfInfoTest, FindsFunctionsByAddress) {
  EXPECT_EQ(dwarf_.function_at(Address(0x10ff))->name, "main.run");
  EXPECT_EQ(dwarf_.function_at(Address(0x1100))->name, "main.run.func1");
  EXPECT_EQ(dwarf_.function_at(Address(0x1180)), nullptr);
  EXPECT_EQ(dwarf_.function_at(Address(0xfff)), nullptr);
}

TEST_P(DwarfInfoTest, SaysWhereVariablesAreInMemory) {
  const DwarfFunction& run = *dwarf_.function_at(Address(0x1000));
  const auto at_entry = dwarf_.variables(run, Address(0x1000));
  ASSERT_EQ(at_entry.size(), 3u);
  EXPECT_EQ(at_entry[0].name, "b");
  EXPECT_TRUE(at_entry[0].parameter);
  ASSERT_EQ(at_entry[0].pieces.size(), 1u);
  EXPECT_EQ(at_entry[0].pieces[0].cfa_offset, 0);
  EXPECT_EQ(at_entry[0].pieces[0].size, 8u);
  EXPECT_TRUE(at_entry[1].result);
  EXPECT_EQ(at_entry[1].pieces.at(0).cfa_offset, 8);
  EXPECT_THAT(at_entry[2].pieces, IsEmpty());

  const auto inside = dwarf_.variables(run, Address(0x1010));
  ASSERT_EQ(inside.size(), 4u);
  ASSERT_EQ(inside[3].pieces.size(), 1u);
  EXPECT_EQ(inside[3].pieces[0].offset, 8u);
  EXPECT_EQ(inside[3].pieces[0].size, 16u);
  EXPECT_EQ(inside[3].pieces[0].cfa_offset, -16);
}

TEST_P(DwarfInfoTest, ReadsCapturesInTheOrderOfTheClosureObject) {
  const auto captures = dwarf_.captures(*dwarf_.function_at(Address(0x1100)));
  ASSERT_EQ(captures.size(), 2u);
  EXPECT_EQ(captures[0].name, "early");
  EXPECT_EQ(captures[0].offset, 8u);
  EXPECT_EQ(captures[1].name, "&late");
  EXPECT_EQ(dwarf_.type(captures[1].type).name, "int");
  EXPECT_THAT(dwarf_.captures(*dwarf_.function_at(Address(0x1000))), IsEmpty());
}

TEST(DwarfInfo, LeavesOutUnitsOfOtherLanguages) {
  const auto bytes = whole_program(5, DW_LANG_C99).build();
  const DwarfInfo dwarf(view(bytes));
  EXPECT_THAT(dwarf.types(), IsEmpty());
  EXPECT_THAT(dwarf.functions(), IsEmpty());
}

TEST(DwarfInfo, RefusesAFileWithoutDebugInformation) {
  const auto bytes = ElfBuilder(ElfType::kExec).section(".text", 1, Bytes().u64(0)).build();
  try {
    DwarfInfo dwarf(view(bytes));
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

TEST(DwarfInfo, RefusesASectionThatCannotUnpackToWhatItClaims) {
  Bytes section;
  section.u32(ELFCOMPRESS_ZLIB).u32(0).u64(std::uint64_t(1) << 40).u64(1).text("x");
  auto bytes = ElfBuilder(ElfType::kExec).section(".debug_info", 1, section).build();
  Elf64_Ehdr header;
  std::memcpy(&header, bytes.data(), sizeof header);
  bytes[header.e_shoff + sizeof(Elf64_Shdr) + offsetof(Elf64_Shdr, sh_flags) + 1] = std::byte(SHF_COMPRESSED >> 8);
  EXPECT_THROW(DwarfInfo(view(bytes)), Error);
}

// Everything may come out, but nothing may crash or hang.
void use(const std::vector<std::byte>& bytes) {
  try {
    const DwarfInfo dwarf(view(bytes));
    for (std::uint32_t row = 0; row < dwarf.types().size(); ++row) dwarf.name_of_parts(DwarfTypeId(row));
    for (const DwarfFunction& function : dwarf.functions()) {
      dwarf.variables(function, function.code.begin);
      dwarf.captures(function);
    }
  } catch (const Error&) {
    return;
  }
}

TEST(DwarfInfo, SurvivesDamage) {
  std::mt19937 random(5);
  const auto whole = whole_program(5).build();
  for (std::size_t size = 0; size < whole.size(); size += 7) use({whole.begin(), whole.begin() + std::ptrdiff_t(size)});
  for (int round = 0; round < 2000; ++round) {
    auto damaged = whole;
    for (int i = 0; i < 4; ++i) damaged[random() % damaged.size()] = static_cast<std::byte>(random());
    use(damaged);
  }
}

}  // namespace
}  // namespace holdfast::binary
