#include "capture/core_overlay.h"

#include <gmock/gmock.h>

#include "binary/elf_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint32_t kRead = 4, kWrite = 2, kExecute = 1;
constexpr std::uint32_t kAuxv = 6, kFile = 0x46494c45, kGoBuildId = 4;
constexpr std::uint64_t kPage = 4096, kText = 0x400000, kHeap = 0xc000000000;

using binary::Bytes;
using binary::ElfBuilder;
using binary::ElfType;
using binary::kSegmentLoad;

Bytes page_of_text(std::string_view text) {
  Bytes out;
  return out.text(text).pad_to(kPage);
}

// Makes a program with a segment of text at `text` whose first page is the first page of the file.
std::vector<std::byte> program(const std::string& go_id, std::uint64_t text = kText) {
  ElfBuilder elf(ElfType::kExec);
  if (!go_id.empty()) elf.note("Go", kGoBuildId, Bytes().text(go_id));
  elf.segment(kSegmentLoad, kRead | kExecute, Address(text), page_of_text("code"));
  return elf.build();
}

Bytes mapped_files(std::string_view path, std::uint64_t begin, std::uint64_t pages) {
  Bytes out;
  out.u64(1).u64(kPage).u64(begin).u64(begin + pages * kPage).u64(0);
  return out.text(path).u8(0);
}

// A core, and its bytes.
struct Core {
  std::vector<std::byte> bytes;
  binary::CoreFile file;

  explicit Core(const ElfBuilder& elf, std::size_t cut = 0)
      : bytes(cut_off(elf.build(), cut)), file(ByteView(bytes, "core.17")) {}

  static std::vector<std::byte> cut_off(std::vector<std::byte> all, std::size_t cut) {
    all.resize(all.size() - cut);
    return all;
  }
};

// Makes a core of such a program that has its first page, as kernels write it.
ElfBuilder core_of(const std::vector<std::byte>& file) {
  ElfBuilder elf(ElfType::kCore);
  elf.note("CORE", kAuxv, Bytes().u64(3).u64(kText + 64).u64(9).u64(kText).u64(0).u64(0));
  elf.note("CORE", kFile, mapped_files("/bin/server", kText, 2));
  Bytes first_page;
  first_page.append(std::span(file).first(std::min(file.size(), kPage)));
  elf.segment(kSegmentLoad, kRead | kExecute, Address(kText), first_page, 2 * kPage);
  return elf;
}

TEST(CoreOverlay, FindsTheProgramAndItsBuildIdInTheCore) {
  const Core core(core_of(program("left/right")));
  EXPECT_EQ(main_program(core.file), "/bin/server");
  EXPECT_EQ(ids_in_core(core.file, "/bin/server").go, "left/right");
  EXPECT_EQ(ids_in_core(core.file, "/lib/other.so").text(), "none");
}

TEST(CoreOverlay, KnowsNoBuildIdOfAFileWhosePagesWereNotDumped) {
  ElfBuilder elf(ElfType::kCore);
  elf.note("CORE", kFile, mapped_files("/bin/server", kText, 2));
  elf.segment(kSegmentLoad, kRead | kExecute, Address(kText), Bytes(), 2 * kPage);
  const Core core(elf);
  EXPECT_EQ(ids_in_core(core.file, "/bin/server").text(), "none");
  EXPECT_EQ(main_program(core.file), "");  // no auxiliary vector
}

TEST(CoreOverlay, ComparesBuildsByAnIdThatBothHave) {
  EXPECT_EQ(same_build({"a", ""}, {"a", "0f"}), true);
  EXPECT_EQ(same_build({"a", "0f"}, {"b", "0f"}), false);  // linked again with a fixed GNU id
  EXPECT_EQ(same_build({"", "0f"}, {"b", "0f"}), true);
  EXPECT_EQ(same_build({"", "0f"}, {"b", "1f"}), false);
  EXPECT_EQ(same_build({"a", ""}, {"", "0f"}), std::nullopt);
  EXPECT_EQ(same_build({}, {}), std::nullopt);
}

TEST(CoreOverlay, ComparesSegmentsWhereThereIsNoBuildId) {
  // The text lies behind the ELF header and one program header, so that offset and address agree within their pages.
  constexpr std::uint64_t kBehindHeaders = 64 + 56;
  const auto right = program("", kText + kBehindHeaders);
  const auto moved = program("", kText + kBehindHeaders + 0x10000);
  ElfBuilder elf(ElfType::kCore);
  elf.note("CORE", kAuxv, Bytes().u64(9).u64(kText + kBehindHeaders).u64(0).u64(0));
  elf.note("CORE", kFile, mapped_files("/bin/server", kText, 2));
  const Core core(elf);
  EXPECT_TRUE(fits_segments(core.file, "/bin/server", binary::ElfFile(ByteView(right, "right"))));
  EXPECT_FALSE(fits_segments(core.file, "/bin/server", binary::ElfFile(ByteView(moved, "moved"))));
  EXPECT_FALSE(fits_segments(core.file, "/bin/other", binary::ElfFile(ByteView(right, "right"))));
}

// Delve dumps all memory, writes no list of mapped files, and names no owner of its notes.
TEST(CoreOverlay, FindsTheProgramOfACoreThatListsNoFiles) {
  constexpr std::uint64_t kBehindHeaders = 64 + 56;
  const auto server = program("left/right", kText + kBehindHeaders);
  const auto moved = program("", kText + kBehindHeaders + 0x10000);
  ElfBuilder elf(ElfType::kCore);
  elf.note("", kAuxv, Bytes().u64(3).u64(kText + 64).u64(9).u64(kText + kBehindHeaders).u64(0).u64(0));
  Bytes text;
  text.append(server);
  elf.segment(kSegmentLoad, kRead | kExecute, Address(kText), text, 2 * kPage);
  const Core core(elf);
  EXPECT_EQ(main_program(core.file), "");
  EXPECT_EQ(ids_in_core(core.file, "./server").go, "left/right");
  EXPECT_TRUE(fits_segments(core.file, "./server", binary::ElfFile(ByteView(server, "server"))));
  EXPECT_FALSE(fits_segments(core.file, "./moved", binary::ElfFile(ByteView(moved, "moved"))));
}

TEST(CoreOverlay, LeavesOutFilesThatCannotHoldCode) {
  ElfBuilder elf(ElfType::kCore);
  Bytes mapped;
  mapped.u64(3).u64(kPage);
  for (std::uint64_t i = 0; i < 3; ++i) mapped.u64(kText + i * kPage).u64(kText + (i + 1) * kPage).u64(0);
  mapped.text("/data").u8(0).text("/bin/server").u8(0).text("/unlisted").u8(0);
  elf.note("CORE", kFile, mapped);
  elf.segment(kSegmentLoad, kRead, Address(kText), Bytes(), kPage);
  elf.segment(kSegmentLoad, kRead | kExecute, Address(kText + kPage), Bytes(), kPage);
  const Core core(elf);
  const auto parts = parts_of(core.file);
  ASSERT_THAT(parts, SizeIs(2));
  EXPECT_EQ(parts[0].path, "/bin/server");
  EXPECT_EQ(parts[1].path, "/unlisted");
}

TEST(CoreOverlay, PutsTheCoresOwnBytesOverTheFiles) {
  ElfBuilder elf(ElfType::kCore);
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kText), Bytes().text("core"), 8);
  const Core core(elf);
  const auto file = Bytes().text("filefile").get();
  MemoryImage memory;
  LossLedger losses;
  add_core_memory(core.file, nullptr, memory, losses);
  memory.add(Address(kText), file, nullptr);
  memory.seal();
  std::array<char, 8> read{};
  ASSERT_TRUE(memory.try_read(Address(kText), std::as_writable_bytes(std::span(read))));
  EXPECT_EQ(std::string_view(read.data(), read.size()), "corefile");
}

TEST(CoreOverlay, ReadsPrivateMemoryThatWasNeverWrittenAsZero) {
  constexpr std::uint64_t kBig = std::uint64_t{200} << 20;
  ElfBuilder elf(ElfType::kCore);
  elf.note("CORE", kFile, mapped_files("/bin/server", kText, 1));
  // Mapped from the file, so its bytes are not zero.
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kText), Bytes(), kPage);
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap), Bytes().text("written "));
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap + 0x10000), Bytes(), kBig);
  elf.segment(kSegmentLoad, 0, Address(kHeap + 0x40000000), Bytes(), kBig);  // reserved; not readable in life either
  const Core core(elf);
  MemoryImage memory;
  LossLedger losses;
  add_core_memory(core.file, nullptr, memory, losses);
  memory.seal();
  EXPECT_THAT(losses.sorted(), IsEmpty());
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kHeap + 0x10000)), 0U);
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kHeap + 0x10000 + kBig - 8)), 0U);
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kHeap + 0x10000 + kBig)), std::nullopt);
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kText)), std::nullopt);
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kHeap + 0x40000000)), std::nullopt);
}

TEST(CoreOverlay, ReadsNothingAsZeroWhereNoPrivateMemoryWasDumped) {
  ElfBuilder elf(ElfType::kCore);
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap), Bytes(), kPage);
  const Core core(elf);
  MemoryImage memory;
  LossLedger losses;
  add_core_memory(core.file, nullptr, memory, losses);
  memory.seal();
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kHeap)), std::nullopt);
  ASSERT_THAT(losses.sorted(), SizeIs(1));
  EXPECT_EQ(losses.sorted()[0].kind, "no-private-memory");
  EXPECT_THAT(describe_gaps("core.17", core.file), HasSubstr("coredump_filter"));
}

TEST(CoreOverlay, CountsWhatIsCutOffAndNeverReplacesIt) {
  ElfBuilder elf(ElfType::kCore);
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap), page_of_text("a"));
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap + 0x10000), page_of_text("b"));
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap + 0x20000), page_of_text("c"));
  const Core core(elf, kPage + 2048);
  MemoryImage memory;
  LossLedger losses;
  add_core_memory(core.file, nullptr, memory, losses);
  memory.seal();
  ASSERT_THAT(losses.sorted(), SizeIs(1));
  const Loss loss = losses.sorted()[0];
  EXPECT_EQ(loss.kind, "cut-off-core");
  EXPECT_EQ(loss.count, 2U);  // pages
  EXPECT_EQ(loss.first, Address(kHeap + 0x10000 + 2048));
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kHeap + 0x10000 + 2048)), std::nullopt);
  EXPECT_EQ(memory.try_integer<std::uint64_t>(Address(kHeap + 0x20000)), std::nullopt);
  EXPECT_THAT(describe_gaps("core.17", core.file), HasSubstr("6.0 KiB of 12.0 KiB of memory are missing"));
}

// No program is called the wrong one for what the core has lost.
TEST(CoreOverlay, RefusesACoreThatHasLostItsNotes) {
  ElfBuilder elf(ElfType::kCore);
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap), page_of_text("a"));
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap + 0x10000), page_of_text("b"));
  const Core cut(elf, kPage + 2048), whole(elf);
  try {
    refuse_lost_notes("core.17", cut.file);
    ADD_FAILURE() << "accepted";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTruncated);
    EXPECT_THAT(error.what(), ::testing::AllOf(HasSubstr("6.0 KiB of 8.0 KiB"), HasSubstr("copy the core again")));
  }
  EXPECT_NO_THROW(refuse_lost_notes("core.17", whole.file));
}

TEST(CoreOverlay, BlamesWhatIsMissingForContentsThatMakeNoSense) {
  ElfBuilder elf(ElfType::kCore);
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap), page_of_text("a"));
  elf.segment(kSegmentLoad, kRead | kWrite, Address(kHeap + 0x10000), page_of_text("b"));
  const Error contents(ErrorCode::kUnsupported, "does not fit the layouts of Go 1.26");
  const Error other(ErrorCode::kSystem, "Input/output error");

  const Core cut(elf, kPage + 2048);
  const Error blamed = error_of_core(contents, "core.17", cut.file);
  EXPECT_EQ(blamed.code(), ErrorCode::kTruncated);
  EXPECT_THAT(blamed.what(), ::testing::AllOf(HasSubstr("core.17 (cut off"), ::testing::Not(HasSubstr("layouts"))));
  EXPECT_EQ(error_of_core(other, "core.17", cut.file).code(), ErrorCode::kSystem);

  const Core whole(elf);
  const Error kept = error_of_core(contents, "core.17", whole.file);
  EXPECT_EQ(kept.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(kept.what(), ::testing::AllOf(HasSubstr("core.17"), HasSubstr("layouts of Go 1.26")));
}

}  // namespace
}  // namespace holdfast::capture
