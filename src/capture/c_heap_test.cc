#include "capture/c_heap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <map>

namespace holdfast::capture {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::uint64_t kPage = 4096;
constexpr std::uint64_t kMiB = 1 << 20;

// A process with malloc's records as glibc 2.36 lays them out: its data, a main heap, and whatever a test adds.
class Image : public MemorySource {
 public:
  static constexpr Address kData{0x7f0000100000}, kHeap{0x1000000};
  static constexpr Address kArena = kData + 0x80, kParameters = kData + 0xa00;
  static constexpr std::uint64_t kHeapBytes = 0x21000;

  Image() {
    map(kHeap, kHeapBytes, "[heap]");
    map(kData, 2 * kPage, "/lib/libc.so.6");
    put(kParameters, kHeap.value);
    put(kParameters - 36, (std::uint64_t{65536} << 32) | 0);  // none of their own
    arena(kArena, kArena, kHeap + 0x20000, kHeapBytes);
    row(kHeap, {0x20000});
    put(kHeap + 0x20008, 0x1001);  // the last block, to the end
  }

  // An arena without blocks in its lists.
  void arena(Address at, Address next, Address top, std::uint64_t system) {
    put(at + 96, top.value);
    for (std::uint64_t bin = 0; bin < 127; ++bin)
      for (const std::uint64_t link : {0U, 8U}) put(at + 112 + bin * 16 + link, at.value + 96 + bin * 16);
    put(at + 2160, next.value);
    put(at + 2184, system);
  }
  // Blocks one behind the other, all in use.
  void row(Address at, const std::vector<std::uint64_t>& sizes) {
    for (const std::uint64_t size : sizes) {
      put(at + 8, size | 1);
      at += size;
    }
  }
  // Says in the block behind it that a block is free.
  void release(Address behind) { put(behind + 8, get(behind + 8) & ~std::uint64_t{1}); }

  void map(Address at, std::uint64_t bytes, const std::string& path = "") {
    memory_[at].resize(bytes);
    os::MappingUsage usage;
    usage.mapping.range = {at, at + bytes};
    usage.mapping.permissions = {.read = true, .write = true};
    usage.mapping.path = path;
    usage.mapping.inode = path.starts_with("/") ? 7 : 0;
    usage.rss = bytes;
    const auto behind = std::ranges::find_if(mappings, [&](const auto& m) { return m.mapping.range.begin > at; });
    mappings.insert(behind, usage);
  }
  void put(Address at, std::uint64_t value) { std::memcpy(place(at, 8), &value, 8); }
  std::uint64_t get(Address at) { return *try_integer<std::uint64_t>(at); }

  CHeapRead read(const std::vector<AddressRange>& others = {}) const {
    std::vector<AddressRange> present;
    for (const auto& usage : mappings) present.push_back(usage.mapping.range);
    return read_c_heap(mappings, present, others, *this);
  }

  bool try_read(Address from, std::span<std::byte> to) const override {
    auto it = memory_.upper_bound(from);
    if (it == memory_.begin()) return false;
    --it;
    const std::uint64_t offset = from - it->first;
    if (offset + to.size() > it->second.size()) return false;
    std::memcpy(to.data(), it->second.data() + offset, to.size());
    return true;
  }
  const std::byte* try_view(Address, std::uint64_t) const override { return nullptr; }

  std::vector<os::MappingUsage> mappings;

 private:
  std::byte* place(Address at, std::uint64_t bytes) {
    auto it = std::prev(memory_.upper_bound(at));
    EXPECT_LE(at - it->first + bytes, it->second.size());
    return it->second.data() + (at - it->first);
  }

  std::map<Address, std::vector<std::byte>> memory_;
};

TEST(CHeap, CountsBlocksOfTheMainHeap) {
  Image image;
  image.row(Image::kHeap, {0x290, 0x40, 0x100, 0x20000 - 0x290 - 0x40 - 0x100});
  image.release(Image::kHeap + 0x290 + 0x40);
  const CHeapRead read = image.read();
  EXPECT_TRUE(read.facts.recognised);
  EXPECT_EQ(read.facts.used_blocks, 3U);
  EXPECT_EQ(read.facts.free_blocks, 2U);
  EXPECT_EQ(read.facts.free_bytes, 0x40U + 0x1000);
  EXPECT_EQ(read.facts.used_bytes, 0x20000U - 0x40);
  EXPECT_EQ(read.facts.largest, 0x20000U - 0x290 - 0x40 - 0x100);
  EXPECT_EQ(read.facts.heap_bytes, Image::kHeapBytes);
  EXPECT_EQ(read.facts.arenas, 1U);
  EXPECT_THAT(read.ranges, ElementsAre(AddressRange{Image::kHeap, Image::kHeap + Image::kHeapBytes}));
}

TEST(CHeap, BlocksOnFastListsAreFree) {
  for (const bool mixed : {false, true}) {
    Image image;
    const Address a = Image::kHeap, b = a + 0x30;
    image.row(a, {0x30, 0x30, 0x20000 - 0x60});
    const auto link = [&](Address block, std::uint64_t to) { return mixed ? to ^ (block.value + 16) >> 12 : to; };
    image.put(Image::kArena + 16 + 8, b.value);  // blocks of 48 bytes
    image.put(b + 16, link(b, a.value));
    image.put(a + 16, link(a, 0));
    const CHeapRead read = image.read();
    EXPECT_TRUE(read.facts.recognised) << mixed;
    EXPECT_EQ(read.facts.used_blocks, 1U) << mixed;
    EXPECT_EQ(read.facts.free_bytes, 0x60U + 0x1000) << mixed;
  }
}

// A thread's arena of two heaps: the first has the arena's record and ends with two blocks that hold nothing.
TEST(CHeap, FollowsTheHeapsOfAThreadsArena) {
  Image image;
  const Address first(0x7e0000000000), second(0x7e0004000000), arena = first + 0x30;
  image.map(first, 0x10000);
  image.map(second, 0x8000);
  image.put(Image::kArena + 2160, arena.value);
  image.arena(arena, Image::kArena, second + 0x130, 0x18000);
  image.put(first, arena.value);
  image.put(first + 16, 0x10000);
  const Address block = first + 0x8d0;  // behind the record of 2200 bytes, on 16
  image.row(block, {0x1000, 0x10000 - 0x8d0 - 0x1000 - 0x20, 0x10});
  image.put(second, arena.value);
  image.put(second + 8, first.value);
  image.put(second + 16, 0x8000);
  image.row(second + 0x30, {0x100, 0x8000 - 0x130});
  const CHeapRead read = image.read();
  EXPECT_TRUE(read.facts.recognised);
  EXPECT_EQ(read.facts.arenas, 2U);
  EXPECT_EQ(read.facts.heap_bytes, Image::kHeapBytes + 0x18000);
  EXPECT_EQ(read.facts.used_blocks, 1U + 2 + 1);
  EXPECT_EQ(read.ranges.size(), 3U);
}

TEST(CHeap, FindsLargeBlocksAndCountsThemAsMallocDoes) {
  Image image;
  const Address at(0x7e8000000000);
  image.map(at, 6 * kMiB);
  image.put(at + kPage + 8, 2 * kMiB | 2);  // before and behind lies other memory
  image.put(at + kPage + 2 * kMiB + 8, kMiB | 2);
  image.put(Image::kParameters - 36, (std::uint64_t{65536} << 32) | 2);
  image.put(Image::kParameters - 28, 3);
  image.put(Image::kParameters - 16, 3 * kMiB);
  image.put(Image::kParameters - 8, 4 * kMiB);
  const CHeapRead read = image.read();
  EXPECT_EQ(read.facts.large_blocks, 2U);
  EXPECT_EQ(read.facts.large_bytes, 3 * kMiB);
  EXPECT_EQ(read.facts.used_blocks, 3U);
  EXPECT_EQ(read.facts.largest, 2 * kMiB);
  EXPECT_EQ(read.ranges.back(), (AddressRange{at + kPage, at + kPage + 3 * kMiB}));
}

TEST(CHeap, ClaimsNoLargeBlocksUnlessAllWereFound) {
  Image image;
  const Address at(0x7e8000000000);
  image.map(at, 6 * kMiB);
  image.put(at + 8, 2 * kMiB | 2);
  image.put(Image::kParameters - 36, (std::uint64_t{65536} << 32) | 2);
  image.put(Image::kParameters - 28, 2);
  image.put(Image::kParameters - 16, 3 * kMiB);
  image.put(Image::kParameters - 8, 3 * kMiB);
  const CHeapRead read = image.read();
  EXPECT_EQ(read.facts.large_bytes, 3 * kMiB);
  EXPECT_EQ(read.facts.largest, 0U);
  EXPECT_EQ(read.ranges.size(), 1U);
}

// A program that allocates while it is looked at: its counters are read after its pages were.
TEST(CHeap, ClaimsLargeBlocksAlthoughAFewCameMeanwhile) {
  for (const std::uint64_t came : {1, 2, 3}) {
    Image image;
    const Address at(0x7e8000000000);
    image.map(at, 40 * kMiB);
    for (std::uint64_t block = 0; block < 40; ++block) image.put(at + block * kMiB + 8, kMiB | 2);
    image.put(Image::kParameters - 36, (std::uint64_t{65536} << 32) | (40 + came));
    image.put(Image::kParameters - 28, 40 + came);
    image.put(Image::kParameters - 16, (40 + came) * kMiB);
    image.put(Image::kParameters - 8, (40 + came) * kMiB);
    const CHeapRead read = image.read();
    EXPECT_EQ(read.facts.large_bytes, (40 + came) * kMiB) << "as malloc counts them";
    EXPECT_EQ(read.ranges.size(), came > 2 ? 1U : 2U) << came;
  }
}

TEST(CHeap, LooksForNoLargeBlockInMemoryOfGo) {
  Image image;
  const Address at(0xc000000000);
  image.map(at, 4 * kMiB);
  image.put(at + 8, 2 * kMiB | 2);
  image.put(Image::kParameters - 36, (std::uint64_t{65536} << 32) | 1);
  image.put(Image::kParameters - 28, 1);
  image.put(Image::kParameters - 16, 2 * kMiB);
  image.put(Image::kParameters - 8, 2 * kMiB);
  EXPECT_EQ(image.read().ranges.size(), 2U);
  EXPECT_EQ(image.read({{at, at + 4 * kMiB}}).ranges.size(), 1U);
}

TEST(CHeap, RecognisesNothingThatContradictsItself) {
  const auto damaged = [](auto damage) {
    Image image;
    damage(image);
    const CHeapRead read = image.read();
    EXPECT_THAT(read.ranges, IsEmpty());
    return !read.facts.recognised && read.facts == heap::CHeap();
  };
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kHeap + 8, 0x19); })) << "a block of no size";
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kHeap + 8, 0x30001); })) << "a block behind the end";
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kHeap + 0x20008, 0x801); }))
      << "a last block that ends before the heap";
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kArena + 2184, 0x20000); })) << "a heap of another size";
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kArena + 2160, 0x1234); })) << "an arena that is nowhere";
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kArena + 112, 0x10); })) << "a list that leads nowhere";
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kParameters - 36, 0); })) << "other parameters";
  EXPECT_TRUE(damaged([](Image& i) { i.put(Image::kArena + 24, Image::kHeap.value); })) << "a fast list of other sizes";
}

TEST(CHeap, OfAProgramWithoutMallocIsNotRecognised) {
  Image image;
  image.mappings.erase(image.mappings.begin() + 1);
  EXPECT_FALSE(image.read().facts.recognised);
}

}  // namespace
}  // namespace holdfast::capture
