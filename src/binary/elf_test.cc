#include "binary/elf.h"

#include <gmock/gmock.h>

#include "binary/damage_for_tests.h"
#include "binary/elf_builder_for_tests.h"

namespace holdfast::binary {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kRead = 4, kWrite = 2, kExecute = 1;

ByteView view(const std::vector<std::byte>& bytes) {
  return {bytes, "a.out"};
}

// A program with one of everything.
ElfBuilder program() {
  ElfBuilder elf(ElfType::kDyn);
  elf.note("GNU", 3, Bytes().u8(0xde).u8(0xad).u8(0x01)).note("Go", 4, Bytes().text("act/con/main/bin"));
  elf.segment(kSegmentLoad, kRead | kExecute, Address(0x1000), Bytes().text("text of a program"));
  Bytes data;
  data.u64(0x1004).u64(0).u64(0x77).u64(0x88);
  const Address relocations(0x3000);
  elf.segment(kSegmentLoad, kRead | kWrite, Address(0x2000), data, 0x100);
  Bytes tables;
  tables.add_record(WireRela{0x2008, 8, 0, 0x1008})
      .add_record(WireRela{0x2000, 6, 3, 0})
      .add_record(WireRela{0x9000, 8, 0, 0x1008});
  const std::uint64_t relr_at = relocations.value + tables.size();
  tables.u64(0x2000).u64(0b1111);  // the words at 0x2000, 0x2008, 0x2010 and 0x2018
  elf.segment(kSegmentLoad, kRead, relocations, tables);
  Bytes dynamic;
  dynamic.u64(7).u64(relocations.value).u64(8).u64(3 * sizeof(WireRela)).u64(36).u64(relr_at).u64(35).u64(16);
  elf.segment(kSegmentDynamic, kRead, Address(), dynamic.u64(0).u64(0));
  elf.section_at(".text", 1, Address(0x1000), 17).section_at(".bss", kSectionNobits, Address(0x2020), 0xe0);
  elf.section(".debug_info", 1, Bytes().text("dwarf"));
  elf.symbol("main.main", Address(0x1000), 4, kSymbolFunction).symbol("main.cache", Address(0x2010), 8);
  return elf;
}

// Calls every function.
void use(const std::vector<std::byte>& bytes) {
  const ElfFile elf(view(bytes));
  elf.symbols();
  elf.notes();
  elf.gnu_build_id();
  elf.go_build_id();
  elf.relative_relocations();
  elf.has_dwarf();
  elf.has_symbols();
  for (const ElfSegment& segment : elf.segments()) elf.try_bytes(segment.vaddr, 1);
}

std::string refusal(const std::vector<std::byte>& bytes, ErrorCode expected) {
  try {
    const ElfFile elf(view(bytes));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected) << error.what();
    return error.what();
  }
  return "no refusal";
}

WireElfHeader header_of(const std::vector<std::byte>& bytes) {
  WireElfHeader header;
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

template <typename Change>
std::vector<std::byte> changed_header(std::vector<std::byte> bytes, const Change& change) {
  WireElfHeader header = header_of(bytes);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes;
}

TEST(ElfFile, FindsSectionsSymbolsAndBuildIds) {
  const auto bytes = program().build();
  const ElfFile elf(view(bytes));
  EXPECT_EQ(elf.type(), ElfType::kDyn);
  EXPECT_THAT(elf.remarks(), IsEmpty());
  ASSERT_NE(elf.find_section(".text"), nullptr);
  EXPECT_EQ(elf.find_section(".text")->size, 17U);
  EXPECT_EQ(elf.find_section(".nosuch"), nullptr);
  ASSERT_NE(elf.find_symbol("main.cache"), nullptr);
  EXPECT_EQ(elf.find_symbol("main.cache")->value, Address(0x2010));
  EXPECT_EQ(elf.find_symbol("main.main")->type, kSymbolFunction);
  EXPECT_EQ(elf.symbols().size(), 2U);
  EXPECT_EQ(elf.gnu_build_id(), "dead01");
  EXPECT_EQ(elf.go_build_id(), "act/con/main/bin");
  EXPECT_TRUE(elf.has_symbols());
  EXPECT_TRUE(elf.has_dwarf());
}

TEST(ElfFile, AddressesLeadToBytesOnlyWhereTheFileHasThem) {
  const auto bytes = program().build();
  const ElfFile elf(view(bytes));
  ASSERT_TRUE(elf.try_bytes(Address(0x2010), 8));
  EXPECT_EQ(load_le<std::uint64_t>(elf.try_bytes(Address(0x2010), 8)->data()), 0x77U);
  EXPECT_FALSE(elf.try_bytes(Address(0x2018), 9));                  // runs into the zero-filled part
  EXPECT_FALSE(elf.try_bytes(Address(0x2020), 1));                  // zero-filled
  EXPECT_FALSE(elf.try_bytes(Address(0xfff), 1));                   // before all segments
  EXPECT_FALSE(elf.try_bytes(Address(0x2100), 1));                  // behind one
  EXPECT_FALSE(elf.try_bytes(Address(0x1001), ~std::uint64_t{0}));  // would wrap
  EXPECT_EQ(elf.try_bytes(Address(0x1001), 1)->data(), elf.try_bytes(Address(0x1000), 1)->data() + 1);
}

TEST(ElfFile, ListsPlainAndPackedRelativeRelocations) {
  const auto bytes = program().build();
  const ElfFile elf(view(bytes));
  std::vector<std::pair<std::uint64_t, std::uint64_t>> found;
  for (const auto& r : elf.relative_relocations()) found.emplace_back(r.where.value, r.value.value);
  using Pair = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_THAT(found, ElementsAre(Pair(0x2008, 0x1008), Pair(0x2000, 0x1004), Pair(0x2008, 0), Pair(0x2010, 0x77),
                                 Pair(0x2018, 0x88)));
}

TEST(ElfFile, WorksWithoutSectionHeaders) {
  const auto bytes = changed_header(program().build(), [](WireElfHeader& h) {
    h.sections_at = 0;
    h.section_count = 0;
    h.section_names = 0;
  });
  const ElfFile elf(view(bytes));
  EXPECT_THAT(elf.sections(), IsEmpty());
  EXPECT_THAT(elf.remarks(), IsEmpty());
  EXPECT_TRUE(elf.is_stripped());
  EXPECT_FALSE(elf.has_dwarf());
  EXPECT_EQ(elf.gnu_build_id(), "dead01");
  EXPECT_EQ(elf.relative_relocations().size(), 5U);
}

TEST(ElfFile, DamagedSectionTableBecomesARemarkWithNumbers) {
  const auto bytes = changed_header(program().build(), [](WireElfHeader& h) { h.sections_at = 0xfffffffffffffff0; });
  const ElfFile elf(view(bytes));
  EXPECT_THAT(elf.sections(), IsEmpty());
  EXPECT_THAT(elf.remarks(), ElementsAre(HasSubstr("of 64 bytes at 0xfffffffffffffff0 overrun the file")));
  const auto odd = changed_header(program().build(), [](WireElfHeader& h) { h.section_record_size = 40; });
  EXPECT_THAT(ElfFile(view(odd)).remarks(), ElementsAre(HasSubstr("40 bytes each, 64 are expected")));
}

TEST(ElfFile, ManySectionsAreCountedInSectionZero) {
  auto bytes = program().build();
  const WireElfHeader header = header_of(bytes);
  auto* null = reinterpret_cast<WireSection*>(bytes.data() + header.sections_at);
  null->size = static_cast<std::uint16_t>(header.section_count);
  null->link = static_cast<std::uint16_t>(header.section_names);
  bytes = changed_header(std::move(bytes), [](WireElfHeader& h) {
    h.section_count = 0;
    h.section_names = kCountInSectionZero;
  });
  EXPECT_NE(ElfFile(view(bytes)).find_section(".text"), nullptr);
}

TEST(ElfFile, SaysWhatItRefuses) {
  const auto good = program().build();
  EXPECT_THAT(refusal(Bytes().text("#!/bin/sh\n").get(), ErrorCode::kUnsupported),
              HasSubstr("a.out (0xa bytes) is no ELF file"));
  EXPECT_THAT(refusal({}, ErrorCode::kUnsupported), HasSubstr("is no ELF file"));
  EXPECT_THAT(refusal({good.begin(), good.begin() + 20}, ErrorCode::kTruncated),
              HasSubstr("needs 64 bytes, the file has 20"));
  const auto refused = [&](ErrorCode code, const auto& change) { return refusal(changed_header(good, change), code); };
  EXPECT_THAT(refused(ErrorCode::kUnsupported,
                      [](WireElfHeader& h) {
                        h.elf_class = 1;
                        h.machine = 3;
                      }),
              HasSubstr("32-bit program (machine 386)"));
  EXPECT_THAT(refused(ErrorCode::kUnsupported,
                      [](WireElfHeader& h) {
                        h.byte_order = 2;
                        h.machine = 22 << 8;
                      }),
              HasSubstr("big-endian program (machine s390)"));
  EXPECT_THAT(refused(ErrorCode::kUnsupported, [](WireElfHeader& h) { h.machine = 183; }), HasSubstr("machine arm64"));
  EXPECT_THAT(refused(ErrorCode::kUnsupported, [](WireElfHeader& h) { h.type = 1; }), HasSubstr("relocatable object"));
  EXPECT_THAT(refused(ErrorCode::kDamaged, [](WireElfHeader& h) { h.type = 9; }), HasSubstr("type 9"));
  EXPECT_THAT(refused(ErrorCode::kDamaged, [](WireElfHeader& h) { h.elf_class = 7; }), HasSubstr("class 7"));
  EXPECT_THAT(refused(ErrorCode::kDamaged, [](WireElfHeader& h) { h.segment_record_size = 32; }),
              HasSubstr("32 bytes each; 56 are expected"));
  EXPECT_THAT(refused(ErrorCode::kTruncated, [](WireElfHeader& h) { h.segments_at = ~std::uint64_t{0} - 8; }),
              HasSubstr("program header table: 5 records of 56 bytes at 0xfffffffffffffff7 overrun a.out"));
  EXPECT_THAT(refused(ErrorCode::kTruncated, [](WireElfHeader& h) { h.segment_count = 0xfffe; }),
              HasSubstr("65,534 records"));
}

TEST(ElfFile, SegmentsThatWrapOrLieOutsideAreRemarked) {
  ElfBuilder builder(ElfType::kExec);
  builder.segment(kSegmentLoad, kRead, Address(~std::uint64_t{0} - 4), Bytes().text("12345678"));
  builder.segment(kSegmentLoad, kRead, Address(0x1000), Bytes().text("12345678"));
  auto bytes = builder.build();
  reinterpret_cast<WireSegment*>(bytes.data() + sizeof(WireElfHeader))[1].offset = ~std::uint64_t{0} - 2;
  const ElfFile elf(view(bytes));
  EXPECT_EQ(elf.loads().size(), 1U);
  EXPECT_FALSE(elf.try_bytes(Address(0x1000), 1));
  EXPECT_THAT(elf.remarks(),
              ElementsAre(HasSubstr("1 of 2 segments end behind the end"), HasSubstr("1 of 2 segments wrap")));
}

TEST(ElfFile, SymbolsWithBadNamesAreLeftOut) {
  ElfBuilder builder(ElfType::kExec);
  Bytes names;
  names.u8(0).text("fine").u8(0).text("endless");
  Bytes rows;
  rows.add_record(WireSymbol{0, 1, 0, 1, 0x10, 0}).add_record(WireSymbol{1, 1, 0, 1, 0x20, 0});
  rows.add_record(WireSymbol{6, 1, 0, 1, 0x30, 0}).add_record(WireSymbol{0xffffffff, 1, 0, 1, 0x40, 0});
  rows.add_record(WireSymbol{1, 1, 0, 0, 0x50, 0});  // undefined here
  builder.section(".symtab", kSectionSymtab, rows, 2).section(".strtab", 3, names);
  const auto bytes = builder.build();
  const ElfFile elf(view(bytes));
  ASSERT_EQ(elf.symbols().size(), 1U);
  EXPECT_EQ(elf.symbols()[0].name, "fine");
}

TEST(ElfFile, OverlappingNoteSegmentsDoNotMultiplyWithoutBound) {
  Bytes notes;
  for (int i = 0; i < 50; ++i) notes.add_record(WireNote{0, 0, 1});
  ElfBuilder builder(ElfType::kCore);
  for (int i = 0; i < 200; ++i) builder.segment(kSegmentNote, kRead, Address(), i == 0 ? notes : Bytes());
  auto bytes = builder.build();
  auto* rows = reinterpret_cast<WireSegment*>(bytes.data() + sizeof(WireElfHeader));
  for (int i = 1; i < 200; ++i) rows[i] = rows[0];
  EXPECT_LE(ElfFile(view(bytes)).notes().size(), bytes.size() / sizeof(WireNote));
}

TEST(ElfFile, FindsABuildIdInASectionThatNoSegmentCovers) {
  const Bytes note = Bytes().add_record(WireNote{4, 2, 3}).text("GNU").u8(0).u8(0xab).u8(0xcd).pad_to(4);
  const auto bytes = ElfBuilder(ElfType::kExec)
                         .note("Go", 4, Bytes().text("text"))
                         .section(".note.gnu.build-id", kSectionNote, note)
                         .build();
  const ElfFile elf(view(bytes));
  EXPECT_EQ(elf.gnu_build_id(), "abcd");
  EXPECT_EQ(elf.go_build_id(), "text");
  EXPECT_EQ(elf.notes().size(), 2U);
}

TEST(ElfFile, SurvivesEveryTruncation) {
  use_truncated(program().build(), use);
}

TEST(ElfFile, SurvivesRandomDamage) {
  use_damaged(program().build(), 20000, use);
}

}  // namespace
}  // namespace holdfast::binary
