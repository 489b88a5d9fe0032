#include "capture/core_mappings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/memory_image.h"
#include "binary/elf_builder_for_tests.h"
#include "go/heap_image_for_tests.h"

namespace holdfast::capture {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint32_t kRead = 4, kWrite = 2, kExecute = 1, kFile = 0x46494c45;
constexpr Address kPlain{0x7f0000000000}, kLibrary{0x7f0000100000}, kReserved{0x7f0000200000};

using binary::Bytes;
using binary::ElfBuilder;
using binary::kSegmentLoad;

AddressRange pages(Address at, std::uint64_t first, std::uint64_t count) {
  return {at + first * kPage, at + (first + count) * kPage};
}

// Makes a page that holds one byte at `at`, or nothing.
Bytes page(std::optional<std::uint64_t> at = {}) {
  if (!at) return Bytes().zeros(kPage);
  return Bytes().zeros(*at).u8(7).pad_to(kPage);
}

Bytes plain_memory() {
  Bytes out;
  for (const auto& part : {page(0), page(), page(kPage - 1), page()}) out.append(part.get());
  return out;
}

ElfBuilder core_of_mappings() {
  ElfBuilder elf(binary::ElfType::kCore);
  Bytes files;
  files.u64(1).u64(kPage).u64(kLibrary.value).u64(kLibrary.value + 2 * kPage).u64(3);
  elf.note("CORE", kFile, files.text("/lib/libz.so").u8(0));
  elf.segment(kSegmentLoad, kRead | kExecute, kLibrary, Bytes(), 2 * kPage);
  elf.segment(kSegmentLoad, kRead | kWrite, kPlain, plain_memory(), 6 * kPage);
  elf.segment(kSegmentLoad, kRead, kReserved, Bytes(), 1 << 20);
  return elf;
}

std::vector<std::span<const std::byte>> everything(std::span<const std::byte> part) {
  return {part};
}

Residency read(const ElfBuilder& elf, const go::Runtime& runtime, const StoredParts& stored = everything) {
  const auto bytes = elf.build();
  const binary::CoreFile core(ByteView(bytes, "core.17"));
  return mappings_of_core(core, stored, runtime, runtime.memory);
}

class CoreMappings : public ::testing::Test {
 protected:
  go::StackImage image_{26};
  go::HeapImage heap_{image_};
};

TEST_F(CoreMappings, CountsPagesThatHoldAnythingAndFilesAsMapped) {
  image_.function("main.main", 0);
  const Residency residency = read(core_of_mappings(), image_.runtime());
  EXPECT_TRUE(residency.of_mappings);
  EXPECT_THAT(residency.present, ElementsAre(pages(kPlain, 0, 1), pages(kPlain, 2, 1)));
  ASSERT_EQ(residency.mappings.size(), 3U);
  EXPECT_EQ(residency.mappings[0].mapping.range, pages(kPlain, 0, 6)) << "in address order";
  EXPECT_EQ(residency.mappings[0].rss, 2 * kPage);
  EXPECT_FALSE(residency.mappings[0].mapping.is_file());
  EXPECT_EQ(residency.mappings[1].rss, 2 * kPage);
  EXPECT_EQ(residency.mappings[1].mapping.path, "/lib/libz.so");
  EXPECT_EQ(residency.mappings[1].mapping.file_offset, 3U * kPage);
  EXPECT_TRUE(residency.mappings[1].mapping.is_file());
}

TEST_F(CoreMappings, LooksAtNoPageThatTheFileDoesNotStore) {
  image_.function("main.main", 0);
  const StoredParts third_page_begun = [](std::span<const std::byte> part) {
    if (part.empty()) return std::vector<std::span<const std::byte>>();
    return std::vector{part.subspan(2 * kPage + 9, 2), part.subspan(2 * kPage + 20, 1)};
  };
  const Residency residency = read(core_of_mappings(), image_.runtime(), third_page_begun);
  EXPECT_THAT(residency.present, ElementsAre(pages(kPlain, 2, 1)));
  EXPECT_THAT(residency.holes, ElementsAre(pages(kPlain, 0, 2), pages(kPlain, 3, 1)));
  EXPECT_THAT(read(core_of_mappings(), image_.runtime()).holes, testing::IsEmpty());
}

TEST_F(CoreMappings, TakesEmptyMemoryThatNobodyWritesToAsReserved) {
  image_.function("main.main", 0);
  const Residency residency = read(core_of_mappings(), image_.runtime());
  ASSERT_EQ(residency.mappings.size(), 3U);
  EXPECT_EQ(residency.mappings[2].rss, 0U);
  EXPECT_EQ(residency.mappings[2].mapping.permissions, os::Permissions{}) << "a guard";
}

}  // namespace
}  // namespace holdfast::capture
