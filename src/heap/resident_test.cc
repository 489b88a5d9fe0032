#include "heap/resident.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::heap {
namespace {

using testing::HeapBuilder;

// Makes spans of many shapes, with holes.
Snapshot sample(std::mt19937_64& random) {
  HeapBuilder heap;
  for (int i = 0; i < 40; ++i) {
    const std::uint64_t size = std::uint64_t{8} << random() % 14;
    const bool has_pointers = random() % 2 == 0;
    for (std::uint64_t n = random() % 200; n > 0; --n) {
      if (random() % 3 == 0)
        heap.free_slot(has_pointers, size);
      else if (has_pointers)
        heap.object(size);
      else
        heap.leaf(size);
    }
  }
  return heap.build();
}

// Counts in steps of the smallest slot's size.
std::vector<std::uint64_t> counted_slowly(const Snapshot& snapshot) {
  const ObjectIndex index(snapshot);
  std::vector<std::uint64_t> bytes(snapshot.objects);
  for (const AddressRange& range : snapshot.absent)
    for (Address at = range.begin; at < range.end; at += 8)
      if (const ObjectId object = index.find_object(at)) bytes[object.row] += 8;
  return bytes;
}

TEST(Resident, CountsWhatOfEachObjectIsAbsent) {
  constexpr std::uint64_t kPage = 4096;
  for (unsigned seed = 0; seed < 50; ++seed) {
    std::mt19937_64 random(seed);
    Snapshot snapshot = sample(random);
    ASSERT_FALSE(snapshot.spans.empty());
    const Address end = snapshot.spans.back().base + snapshot.spans.back().bytes();
    for (Address at = snapshot.spans.front().base; at < end;) {
      const AddressRange range{at, std::min(end, at + kPage * (1 + random() % 9))};
      if (random() % 2 == 0) snapshot.absent.push_back(range);
      at = range.end + kPage * (random() % 3);
    }
    std::vector<std::uint64_t> bytes(snapshot.objects);
    for_each_absent_object(snapshot, [&](ObjectId object, std::uint64_t part) { bytes[object.row] += part; });
    ASSERT_EQ(bytes, counted_slowly(snapshot)) << "seed " << seed;
  }
}

TEST(Resident, NothingIsAbsentOfAHeapThatIsAllInMemory) {
  std::mt19937_64 random(1);
  for_each_absent_object(sample(random), [](ObjectId, std::uint64_t) { FAIL(); });
}

}  // namespace
}  // namespace holdfast::heap
