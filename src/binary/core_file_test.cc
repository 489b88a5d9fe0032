#include "binary/core_file.h"

#include <gmock/gmock.h>

#include "binary/damage_for_tests.h"
#include "binary/elf_builder_for_tests.h"

namespace holdfast::binary {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::uint32_t kRead = 4, kWrite = 2, kExecute = 1;
constexpr std::uint32_t kPrstatus = 1, kPrpsinfo = 3, kAuxv = 6, kFile = 0x46494c45, kSiginfo = 0x53494749;

ByteView view(const std::vector<std::byte>& bytes) {
  return {bytes, "core"};
}

// Makes a struct elf_prstatus whose registers r15 .. gs are first, first + 1, ...
Bytes prstatus(std::uint32_t tid, std::uint64_t first) {
  Bytes out;
  out.u32(11).u32(0).u32(0).u32(6).zeros(16).u32(tid).zeros(12 + 64);
  for (std::uint64_t i = 0; i < 27; ++i) out.u64(first + i);
  return out.u64(1);
}

Bytes prpsinfo() {
  Bytes out;
  out.zeros(24).u32(4711).zeros(12).text("server").zeros(10).text("server --port 80");
  return out.zeros(64);
}

Bytes mapped_files() {
  Bytes out;
  out.u64(2).u64(4096).u64(0x400000).u64(0x500000).u64(0).u64(0x500000).u64(0x501000).u64(0x100);
  return out.text("/bin/server").u8(0).text("/lib/x.so").u8(0);
}

ElfBuilder core() {
  ElfBuilder elf(ElfType::kCore);
  elf.note("CORE", kPrstatus, prstatus(4711, 100)).note("CORE", kPrpsinfo, prpsinfo());
  elf.note("CORE", kSiginfo, Bytes().u32(11).u32(0).u32(1).u32(0).u64(0xdead0).zeros(104));
  elf.note("CORE", kAuxv,
           Bytes().u64(3).u64(0x400040).u64(9).u64(0x401000).u64(7).u64(0x7f0000).u64(0).u64(0).u64(9).u64(5));
  elf.note("CORE", kFile, mapped_files()).note("LINUX", kPrstatus, Bytes().u8(1));
  elf.note("CORE", kPrstatus, prstatus(4712, 200));
  elf.segment(kSegmentLoad, kRead | kExecute, Address(0x400000), Bytes(), 0x1000);  // not dumped
  elf.segment(kSegmentLoad, kRead | kWrite, Address(0xc000000000), Bytes().text("heap heap heap heap"));
  elf.segment(kSegmentLoad, kRead | kWrite, Address(0x7f0000000000), Bytes().text("stack"), 0x1000);
  return elf;
}

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(CoreFile, GivesThreadsWithAllTheirRegisters) {
  const auto bytes = core().build();
  const CoreFile file(view(bytes));
  EXPECT_THAT(file.remarks(), IsEmpty());
  ASSERT_EQ(file.threads().size(), 2U);
  const CoreThread& thread = file.threads()[0];
  EXPECT_EQ(thread.tid, 4711);
  EXPECT_EQ(thread.signal, 6);
  // Order in the note: r15 r14 r13 r12 rbp rbx r11 r10 r9 r8 rax rcx rdx rsi rdi orig_rax rip cs eflags rsp ss fs_base.
  EXPECT_THAT(thread.registers.general,
              ElementsAre(110, 111, 112, 105, 119, 104, 113, 114, 109, 108, 107, 106, 103, 102, 101, 100));
  EXPECT_EQ(thread.registers.pc, Address(116));
  EXPECT_EQ(thread.registers.sp(), Address(119));
  EXPECT_EQ(thread.registers.thread_pointer, Address(121));
  EXPECT_EQ(file.threads()[1].tid, 4712);
  EXPECT_EQ(file.threads()[1].registers.pc, Address(216));
}

TEST(CoreFile, GivesProcessSignalAuxvAndMappings) {
  const auto bytes = core().build();
  const CoreFile file(view(bytes));
  ASSERT_TRUE(file.process());
  EXPECT_EQ(file.process()->pid, 4711);
  EXPECT_EQ(file.process()->name, "server");
  EXPECT_EQ(file.process()->args, "server --port 80");
  ASSERT_TRUE(file.signal());
  EXPECT_EQ(file.signal()->number, 11);
  EXPECT_EQ(file.signal()->code, 1);
  EXPECT_EQ(file.signal()->address, Address(0xdead0));
  ASSERT_TRUE(file.auxv());
  EXPECT_EQ(file.auxv()->entry, Address(0x401000));  // nothing behind the end mark counts
  EXPECT_EQ(file.auxv()->program_headers, Address(0x400040));
  EXPECT_EQ(file.auxv()->interpreter, Address(0x7f0000));
  ASSERT_EQ(file.mappings().size(), 2U);
  EXPECT_EQ(file.mappings()[1].path, "/lib/x.so");
  EXPECT_EQ(file.mappings()[1].file_offset, 0x100000U);
  EXPECT_EQ(file.mappings()[1].range, (AddressRange{Address(0x500000), Address(0x501000)}));
}

TEST(CoreFile, TellsDumpedFromNotDumped) {
  const auto bytes = core().build();
  const CoreFile file(view(bytes));
  ASSERT_EQ(file.segments().size(), 3U);
  EXPECT_EQ(file.segments()[0].range.size(), 0x1000U);
  EXPECT_TRUE(file.segments()[0].bytes.empty());
  EXPECT_TRUE(file.segments()[0].executable());
  EXPECT_EQ(text_of(file.segments()[1].bytes), "heap heap heap heap");
  EXPECT_TRUE(file.segments()[1].writable());
  EXPECT_EQ(text_of(file.segments()[2].bytes), "stack");
  EXPECT_EQ(file.missing_bytes(), 0U);
}

TEST(CoreFile, ACutCoreOpensAndSaysWhatIsMissing) {
  auto bytes = core().build();
  const CoreFile whole(view(bytes));
  const auto heap_at = static_cast<std::size_t>(whole.segments()[1].bytes.data() - bytes.data());
  bytes.resize(heap_at + 4);
  bytes.shrink_to_fit();
  const CoreFile file(view(bytes));
  EXPECT_EQ(file.threads().size(), 2U);
  EXPECT_EQ(text_of(file.segments()[1].bytes), "heap");
  EXPECT_EQ(file.segments()[1].missing_bytes, 15U);
  EXPECT_EQ(file.segments()[2].missing_bytes, 5U);
  EXPECT_EQ(file.missing_bytes(), 20U);
  EXPECT_THAT(file.remarks(), ElementsAre(HasSubstr("2 of 4 segments end behind the end of the file")));
}

TEST(CoreFile, CountsMoreThan65534SegmentsInSectionZeroOrWithoutIt) {
  ElfBuilder builder(ElfType::kCore);
  builder.note("CORE", kPrstatus, prstatus(1, 0));
  constexpr unsigned kSegments = 70000;
  for (unsigned i = 0; i < kSegments; ++i)
    builder.segment(kSegmentLoad, kRead, Address(0x1000 + i * 0x1000ULL), i == 5 ? Bytes().text("five") : Bytes(),
                    0x1000);
  auto bytes = builder.build();
  const CoreFile whole(view(bytes));
  EXPECT_EQ(whole.segments().size(), kSegments);
  // Section 0 is the last thing in the file, so a cut core has lost it.
  bytes.resize(bytes.size() - sizeof(WireSection));
  const CoreFile cut(view(bytes));
  EXPECT_EQ(cut.segments().size(), kSegments);
  EXPECT_EQ(text_of(cut.segments()[5].bytes), "five");
  EXPECT_EQ(cut.threads().size(), 1U);
}

TEST(CoreFile, BadNotesAreRemarkedAndTheOthersUsed) {
  ElfBuilder builder(ElfType::kCore);
  builder.note("CORE", kPrstatus, Bytes().zeros(100));
  builder.note("CORE", kFile, Bytes().u64(~std::uint64_t{0} / 8).u64(4096));
  builder.note("CORE", kFile, Bytes().u64(1).u64(4096).u64(1).u64(2).u64(3).text("endless path"));
  builder.note("CORE", kPrpsinfo, prpsinfo());
  const auto bytes = builder.build();
  const CoreFile file(view(bytes));
  EXPECT_THAT(file.remarks(), ElementsAre(HasSubstr("3 notes of no use; the first is of type 0x1: 1 record of 328"),
                                          "no thread's registers are in the core"));
  EXPECT_TRUE(file.process());
  EXPECT_THAT(file.mappings(), IsEmpty());
}

TEST(CoreFile, SegmentsThatWrapAreLeftOutWithARemark) {
  ElfBuilder builder(ElfType::kCore);
  builder.note("CORE", kPrstatus, prstatus(1, 0));
  builder.segment(kSegmentLoad, kRead, Address(0x1000), Bytes().text("x"), ~std::uint64_t{0});
  builder.segment(kSegmentLoad, kRead, Address(0xffffffffff600000), Bytes(), 0x1000);
  const auto bytes = builder.build();
  const CoreFile file(view(bytes));
  ASSERT_EQ(file.segments().size(), 1U);
  EXPECT_EQ(file.segments()[0].range.begin, Address(0xffffffffff600000));
  EXPECT_THAT(file.remarks(), Contains(HasSubstr("1 of 3 segments wrap")));
}

TEST(CoreFile, RefusesAProgram) {
  const auto bytes = ElfBuilder(ElfType::kExec).segment(kSegmentLoad, kRead, Address(0x1000), Bytes().u8(1)).build();
  try {
    const CoreFile file(view(bytes));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("core is a program, no core file"));
  }
}

// Checks that what a core shows lies within its bytes.
void use(const std::vector<std::byte>& bytes) {
  const CoreFile file(view(bytes));
  for (const CoreSegment& segment : file.segments()) {
    EXPECT_LT(segment.range.begin, segment.range.end);
    EXPECT_LE(segment.bytes.size(), segment.range.size());
  }
}

TEST(CoreFile, SurvivesEveryTruncation) {
  use_truncated(core().build(), use);
}

TEST(CoreFile, SurvivesRandomDamage) {
  use_damaged(core().build(), 20000, use);
}

}  // namespace
}  // namespace holdfast::binary
