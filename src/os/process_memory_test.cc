#include "os/process_memory.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/utsname.h>

#include <atomic>
#include <cstring>
#include <random>

#include "os/child_for_tests.h"
#include "os/maps.h"
#include "os/pagemap.h"
#include "os/process.h"

namespace holdfast::os {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kPage = 4096;

// Pages of our own between two pages that cannot be read.
class Pages {
 public:
  explicit Pages(std::uint64_t count) : bytes_((count + 2) * kPage) {
    base_ = static_cast<std::byte*>(mmap(nullptr, bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_ + kPage, count * kPage, PROT_READ | PROT_WRITE);
    madvise(base_, bytes_, MADV_NOHUGEPAGE);
  }
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages() { munmap(base_, bytes_); }

  std::byte* data() const { return base_ + kPage; }
  std::span<std::byte> bytes() const { return {data(), bytes_ - 2 * kPage}; }
  AddressRange range(std::uint64_t first, std::uint64_t count) const {
    return {address(first * kPage), address((first + count) * kPage)};
  }
  Address address(std::uint64_t offset) const { return Address(reinterpret_cast<std::uint64_t>(data() + offset)); }

 private:
  std::uint64_t bytes_;
  std::byte* base_;
};

void fill(std::span<std::byte> bytes, unsigned seed) {
  std::mt19937 random(seed);
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random());
}

class BothMethods : public ::testing::TestWithParam<ReadMethod> {};
INSTANTIATE_TEST_SUITE_P(ProcessMemory, BothMethods, ::testing::Values(ReadMethod::kVmReadv, ReadMethod::kProcMem));

// The pages of the clock, [vvar], are marked "r" and cannot be read.
TEST_P(BothMethods, ReadsTheFirstPageOfEveryReadableMapping) {
  const TestChild child([] { wait_forever(); });
  const ProcessMemory memory(child.pid(), GetParam());
  std::vector<std::byte> page(kPage);
  for (const ProcessMapping& mapping : read_maps(child.pid())) {
    if (!mapping.is_readable()) continue;
    EXPECT_TRUE(memory.try_read(mapping.range.begin, page)) << mapping.path;
  }
}

TEST_P(BothMethods, ReadsAnotherProcess) {
  const Pages pages(4);
  fill(pages.bytes(), 1);
  const TestChild child([] { wait_forever(); });
  std::memset(pages.data(), 0, kPage);  // our copy only: the child keeps what was there when it was forked
  const ProcessMemory memory(child.pid(), GetParam());
  const Pages expected(1);
  fill(expected.bytes(), 1);
  EXPECT_EQ(memory.integer<std::uint64_t>(pages.address(16)), load_le<std::uint64_t>(expected.data() + 16));
  EXPECT_EQ(memory.try_view(pages.address(0), 8), nullptr);
  std::vector<std::byte> across(2 * kPage);
  EXPECT_TRUE(memory.try_read(pages.address(2 * kPage - 5), across));
  EXPECT_EQ(std::memcmp(across.data(), pages.data() + 2 * kPage - 5, across.size()), 0);
  EXPECT_FALSE(memory.try_read(Address(0), across));
  EXPECT_FALSE(memory.try_read(Address(~std::uint64_t{0} - 7), std::span(across).first(8)));
  EXPECT_FALSE(memory.try_read(Address(0xffffffff80000000), std::span(across).first(8)));
}

TEST_P(BothMethods, ReadsManyScatteredRangesLikeOneByOne) {
  const Pages pages(3000);
  fill(pages.bytes(), 2);
  std::mt19937 random(3);
  std::vector<AddressRange> ranges;
  std::vector<std::byte> expected;
  for (std::uint64_t at = 0;;) {
    at += random() % 3000;
    const std::uint64_t size = random() % 50 == 0 ? random() % 600000 : random() % 5000;  // some larger than a call
    if (at + size > pages.bytes().size()) break;
    ranges.push_back({pages.address(at), pages.address(at + size)});
    expected.insert(expected.end(), pages.data() + at, pages.data() + at + size);
    at += size;
  }
  ASSERT_GT(ranges.size(), 500U);
  ASSERT_GT(expected.size(), std::size_t{3} << 20);
  const ProcessMemory memory(getpid(), GetParam());
  for (const unsigned threads : {1U, 2U, 3U}) {
    std::vector<std::byte> got(expected.size() + 1, std::byte{0x5a});
    const RangesRead result = memory.read_ranges(ranges, got, threads);
    EXPECT_EQ(result.bytes, expected.size());
    EXPECT_THAT(result.holes, ElementsAre());
    EXPECT_EQ(std::memcmp(got.data(), expected.data(), expected.size()), 0) << threads;
    EXPECT_EQ(got.back(), std::byte{0x5a});  // nothing was written behind the end
  }
}

TEST_P(BothMethods, ReportsUnmappedMemoryAsHolesAndReadsAround) {
  const Pages pages(1024);
  fill(pages.bytes(), 4);
  std::vector<std::byte> expected(pages.bytes().begin(), pages.bytes().end());
  const auto drop = [&](std::uint64_t first, std::uint64_t count) {
    munmap(pages.data() + first * kPage, count * kPage);
    std::memset(expected.data() + first * kPage, 0, count * kPage);
  };
  drop(10, 1);
  drop(500, 24);  // on both sides of the border between two threads
  drop(1000, 24);
  const ProcessMemory memory(getpid(), GetParam());
  for (const unsigned threads : {1U, 2U}) {
    std::vector<std::byte> got(expected.size(), std::byte{0x5a});
    const AddressRange all = pages.range(0, 1024);
    const RangesRead result = memory.read_ranges({&all, 1}, got, threads);
    EXPECT_THAT(result.holes, ElementsAre(pages.range(10, 1), pages.range(500, 24), pages.range(1000, 24)));
    EXPECT_EQ(result.bytes, (1024 - 49) * kPage);
    EXPECT_EQ(got, expected);
  }
  // A hole is reported only as far as it was asked for.
  const AddressRange within{pages.address(10 * kPage + 8), pages.address(10 * kPage + 24)};
  std::vector<std::byte> got(16);
  EXPECT_THAT(memory.read_ranges({&within, 1}, got, 1).holes, ElementsAre(within));
}

TEST(ProcessMemory, MemoryWithoutReadPermissionIsAHole) {
  const Pages pages(3);
  fill(pages.bytes(), 5);
  mprotect(pages.data() + kPage, kPage, PROT_NONE);
  std::vector<std::byte> got(3 * kPage);
  const AddressRange all = pages.range(0, 3);
  const RangesRead result = ProcessMemory(getpid()).read_ranges({&all, 1}, got, 1);
  EXPECT_THAT(result.holes, ElementsAre(pages.range(1, 1)));
  EXPECT_EQ(std::memcmp(got.data() + 2 * kPage, pages.data() + 2 * kPage, kPage), 0);
}

TEST(ProcessMemory, SaysThatTheTargetEndedWhileItWasRead) {
  const Pages pages(4);
  fill(pages.bytes(), 6);
  TestChild child([] { wait_forever(); });
  const ProcessMemory memory(child.pid());
  child.end();
  EXPECT_EQ(memory.try_integer<std::uint64_t>(pages.address(0)), std::nullopt);
  std::vector<std::byte> got(4 * kPage);
  const AddressRange all = pages.range(0, 4);
  try {
    memory.read_ranges({&all, 1}, got, 1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kTargetGone);
  }
}

// Pages of which five hold something, and page 30 was only read, which maps the zero page; and our own page map.
struct SparsePages {
  SparsePages() {
    for (const std::uint64_t page : {3U, 4U, 5U, 20U, 63U}) pages.data()[page * kPage] = std::byte{1};
    const volatile std::byte& untouched = pages.data()[30 * kPage];
    EXPECT_TRUE(untouched == std::byte{0});
  }
  Pages pages = Pages(64);
  FileDescriptor pagemap = FileDescriptor(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  AddressRange all = pages.range(0, 64);
};

// PAGEMAP_SCAN came with Linux 6.7; from there on it must work.
bool has_pagemap_scan() {
  utsname name{};
  uname(&name);
  int major = 0;
  int minor = 0;
  std::sscanf(name.release, "%d.%d", &major, &minor);
  return major > 6 || (major == 6 && minor >= 7);
}

TEST(ProcessMemory, ListsPagesThatHoldSomething) {
  const SparsePages sparse;
  const auto& [pages, pagemap, all] = sparse;
  EXPECT_THAT(
      read_pagemap(pagemap.get(), all, WhichPages::kFilled),
      testing::Optional(ElementsAre(pages.range(3, 3), pages.range(20, 1), pages.range(30, 1), pages.range(63, 1))));
}

TEST(ProcessMemory, ListsPagesThatAreNotZeroPages) {
  if (!has_pagemap_scan()) GTEST_SKIP() << "absent: PAGEMAP_SCAN, this Linux is older than 6.7";
  const SparsePages sparse;
  const auto& [pages, pagemap, all] = sparse;
  EXPECT_THAT(scan_pagemap(pagemap.get(), all, WhichPages::kFilled),
              testing::Optional(ElementsAre(pages.range(3, 3), pages.range(20, 1), pages.range(63, 1))));
  const ProcessMemory memory(getpid());
  EXPECT_THAT(memory.present_ranges({pages.address(4 * kPage + 7), pages.address(20 * kPage + 9)}),
              ElementsAre(AddressRange{pages.address(4 * kPage + 7), pages.address(6 * kPage)},
                          AddressRange{pages.address(20 * kPage), pages.address(20 * kPage + 9)}));
  EXPECT_THAT(memory.present_ranges(pages.range(6, 10)), ElementsAre());
  EXPECT_THAT(memory.present_ranges({Address(0xffffffff80000000), Address(0xffffffff80001000)}), ElementsAre());
}

TEST(ProcessMemory, TellsResidentPagesFromZeroPagesOnEveryLinux) {
  const Pages pages(64);
  for (const std::uint64_t page : {3U, 4U, 5U, 20U}) pages.data()[page * kPage] = std::byte{1};
  const volatile std::byte& untouched = pages.data()[30 * kPage];
  ASSERT_TRUE(untouched == std::byte{0});
  const FileDescriptor pagemap(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  const AddressRange all = pages.range(0, 64);
  const auto written = ElementsAre(pages.range(3, 3), pages.range(20, 1));
  EXPECT_THAT(read_resident(pagemap.get(), all, 4 * kPage), testing::Optional(written));
  EXPECT_THAT(ProcessMemory(getpid()).resident_ranges(all, 4 * kPage), written);
}

// After a fork all pages are shared until someone writes to them; they are resident all the same.
TEST(ProcessMemory, PagesSharedAfterAForkAreResident) {
  const Pages pages(16);
  fill(pages.bytes(), 7);
  const TestChild child([] { wait_forever(); });
  const FileDescriptor pagemap(open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC));
  const AddressRange all = pages.range(0, 16);
  EXPECT_THAT(read_resident(pagemap.get(), all, 16 * kPage), testing::Optional(ElementsAre(all)));
  EXPECT_THAT(ProcessMemory(getpid()).resident_ranges(all, 16 * kPage), ElementsAre(all));
}

TEST(ProcessMemory, ListsMoreRangesThanOneCallReturns) {
  if (!has_pagemap_scan()) GTEST_SKIP() << "absent: PAGEMAP_SCAN, this Linux is older than 6.7";
  const Pages pages(6000);
  std::vector<AddressRange> expected;
  for (std::uint64_t page = 0; page < 6000; page += 2) {
    pages.data()[page * kPage] = std::byte{1};
    expected.push_back(pages.range(page, 1));
  }
  const auto got = ProcessMemory(getpid()).present_ranges(pages.range(0, 6000));
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i], expected[i]) << i;
}

TEST(Populate, GivesMemoryAndKeepsContents) {
  const Pages pages(16);
  pages.data()[5 * kPage + 17] = std::byte{7};
  populate(pages.bytes().subspan(3, 15 * kPage));
  std::vector<unsigned char> resident(16);
  mincore(pages.data(), 16 * kPage, resident.data());
  EXPECT_THAT(resident, testing::Each(1));
  EXPECT_EQ(pages.data()[5 * kPage + 17], std::byte{7});
}

}  // namespace
}  // namespace holdfast::os
