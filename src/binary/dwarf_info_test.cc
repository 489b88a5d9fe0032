#include "binary/dwarf_info.h"

#include <elf.h>
#include <gmock/gmock.h>

#include <cstring>

#include "base/error.h"
#include "binary/damage_for_tests.h"
#include "binary/dwarf_sample_for_tests.h"

namespace holdfast::binary {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ByteView view(const std::vector<std::byte>& bytes) {
  return {bytes, "a.out"};
}

class DwarfInfoTest : public ::testing::TestWithParam<int> {
 protected:
  const std::vector<std::byte> bytes_ = sample_program(GetParam()).build();
  const DwarfInfo dwarf_{view(bytes_)};
};
INSTANTIATE_TEST_SUITE_P(Versions, DwarfInfoTest, ::testing::Values(4, 5));

TEST_P(DwarfInfoTest, ReadsTypesAsAGraph) {
  const DwarfTypeId id = dwarf_.find_type("main.box");
  ASSERT_TRUE(id);
  const DwarfType& box = dwarf_.type(id);
  EXPECT_EQ(box.tag, DwarfTag::kStruct);  // the typedef of the same name comes before it
  EXPECT_EQ(box.size, 48u);
  EXPECT_EQ(box.go_kind, 25);
  EXPECT_EQ(box.runtime_type, 0x4000u);
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
  const auto bytes = sample_program(5, DW_LANG_C99).build();
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

TEST(DwarfInfo, SurvivesDamage) {
  const auto use = [](const std::vector<std::byte>& bytes) {
    const DwarfInfo dwarf(view(bytes));
    for (std::uint32_t row = 0; row < dwarf.types().size(); ++row) dwarf.name_of_parts(DwarfTypeId(row));
    for (const DwarfFunction& function : dwarf.functions()) {
      dwarf.variables(function, function.code.begin);
      dwarf.captures(function);
    }
  };
  const auto good = sample_program(5).build();
  use_truncated(good, use, 7);
  use_damaged(good, 2000, use);
}

}  // namespace
}  // namespace holdfast::binary
