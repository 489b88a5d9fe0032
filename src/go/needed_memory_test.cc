#include "go/needed_memory.h"

#include <gmock/gmock.h>

#include "base/ranges.h"
#include "go/heap_image_for_tests.h"
#include "go/page_allocator.h"
#include "go/runtime_records.h"

namespace holdfast::go {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

AddressRange range(Address begin, std::uint64_t bytes) {
  return {begin, begin + bytes};
}

class NeededMemoryTest : public testing::TestWithParam<int> {
 protected:
  Runtime& runtime() {
    image_.function("main.main", 0);
    return image_.runtime();
  }
  HeapModel model() { return HeapModel::read(runtime(), Motion::kStopped, image_.losses); }
  Address add_goroutine(std::uint32_t status, std::uint64_t sched_sp) {
    const Address g = image_.make("runtime.g");
    image_.set(g, "runtime.g", "atomicstatus", status);
    image_.set(g, "runtime.g", "stack.lo", kStack.begin);
    image_.set(g, "runtime.g", "stack.hi", kStack.end);
    image_.set(g, "runtime.g", "sched.sp", sched_sp);
    image_.put(kList + goroutines_ * 8, g);
    image_.vars.allgs = kList - 0x40;
    image_.put(image_.vars.allgs, kList);
    image_.put<std::uint64_t>(image_.vars.allgs + 8, ++goroutines_);
    return g;
  }

  static constexpr Address kList{StackImage::kRodata.value + 0x1000};
  static constexpr AddressRange kStack{Address(0xc001000000), Address(0xc001008000)};
  StackImage image_{GetParam()};
  HeapImage heap_{image_};
  std::uint64_t goroutines_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Releases, NeededMemoryTest, testing::Values(19, 21, 23, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(NeededMemoryTest, OfTheHeapSpansWithPointersAndTheirMapsAreNeeded) {
  heap_.add_span(4, false);
  const Address with_pointers = heap_.add_span(4);
  heap_.add_span(4, false);
  const HeapModel heap = model();
  const auto needed = heap_memory(image_.runtime(), heap, false);
  EXPECT_THAT(needed, Contains(range(with_pointers, kGoPage)));
  EXPECT_EQ(total_bytes(within(needed, {range(HeapImage::kHeap, 3 * kGoPage)})), kGoPage);
  std::uint64_t maps = 0;  // two bits for each word; one, and one for each 64 words; or in the span
  if (image_.version.pointer_maps() == PointerMaps::kTwoBitArena) maps = kGoPage / 32;
  if (image_.version.pointer_maps() == PointerMaps::kOneBitArena) maps = kGoPage / 64 + kGoPage / 4096;
  EXPECT_EQ(total_bytes(needed) - kGoPage, maps);
  EXPECT_EQ(total_bytes(within(heap_memory(image_.runtime(), heap, true), {range(HeapImage::kHeap, 3 * kGoPage)})),
            3 * kGoPage);
}

TEST_P(NeededMemoryTest, OfPointerFreeSpansThatWaitForTheirSweepTheMarksInsideAreNeeded) {
  const Address span = heap_.add_span(4, false, HeapImage::kSweepGen - 2);
  const auto needed = heap_memory(runtime(), model(), false);
  if (image_.version.green_tea())
    EXPECT_THAT(needed, ElementsAre(range(span + kInlineAreaAt, kGoPage - kInlineAreaAt)));
  else
    EXPECT_THAT(needed, IsEmpty());
}

TEST_P(NeededMemoryTest, OfAParkedGoroutineTheStackInUseIsNeeded) {
  add_goroutine(4, kStack.begin.value + 0x5800);
  EXPECT_THAT(stack_memory(runtime(), {}), ElementsAre(range(kStack.begin + 0x5000, 0x3000)));
}

TEST_P(NeededMemoryTest, OfAGoroutineThatRunsTheWholeStackIsNeeded) {
  add_goroutine(0x1002, kStack.begin.value + 0x5800);
  EXPECT_THAT(stack_memory(runtime(), {}), ElementsAre(kStack));
}

TEST_P(NeededMemoryTest, DeadGoroutinesAndStacksOfNoSenseAreNotNeeded) {
  for (const std::uint32_t status : {0U, 6U, 11U}) add_goroutine(status, kStack.begin.value + 0x5800);
  const Address huge = add_goroutine(4, kStack.begin.value + 0x5800);
  image_.set(huge, "runtime.g", "stack.hi", std::uint64_t{1} << 45);
  EXPECT_THAT(stack_memory(runtime(), {}), IsEmpty());
}

TEST_P(NeededMemoryTest, WhatAThreadHasOnItsStackIsNeeded) {
  add_goroutine(3, kStack.begin.value + 0x7800);
  const Address elsewhere(0x7f0000010000);
  const Address below = kStack.begin + 0x6800;  // it is in a call of C on the goroutine's own stack
  const std::vector<Address> pointers{below, elsewhere};
  const auto needed = stack_memory(runtime(), pointers);
  EXPECT_EQ(needed.front().begin, kStack.begin + 0x6000);
  EXPECT_THAT(needed, Contains(range(elsewhere - kSystemPage, (256 << 10) + kSystemPage)));
}

TEST_P(NeededMemoryTest, TheBitsOfEverySpanAreKept) {
  const Address span = heap_.add_span(4, false);
  heap_.keep(span);
  add_goroutine(4, 0);
  std::vector<AddressRange> kept;
  visit_small_records(
      runtime(), model(), [&](AddressRange more) { kept.push_back(more); }, image_.losses);
  const std::uint64_t bytes = (slots_of_class(image_.version, 4, false) + 7) / 8;
  EXPECT_THAT(kept, Contains(range(HeapImage::kBits, bytes)));
  EXPECT_THAT(kept, Contains(range(HeapImage::kBits + 0x80, bytes)));
}

TEST_P(NeededMemoryTest, RecordsOfTheRuntimeAreFoundByWhatNamesThem) {
  heap_.add_span(4, false);
  const Address pages = HeapImage::kMheap + image_.layouts->offset("runtime.mheap", "pages");
  const Address chunk_table(0x90000000);
  image_.put(pages + image_.layouts->offset("runtime.pageAlloc", "chunks") + 3 * 8ULL, chunk_table);
  const Address summary = pages + image_.layouts->offset("runtime.pageAlloc", "summary");
  image_.put(summary + 24, Address(0x91000000));
  image_.put<std::uint64_t>(summary + 24 + 16, 512);
  const RuntimeRecords records = find_runtime_records(runtime(), model());
  EXPECT_EQ(records.arena_table, range(HeapImage::kArenaTable, 32 << 20));
  EXPECT_THAT(records.ranges, Contains(records.arena_table));
  EXPECT_THAT(records.ranges, Contains(range(chunk_table, 8192ULL * 128)));
  EXPECT_THAT(records.ranges, Contains(range(Address(0x91000000), 512ULL * 8)));
  EXPECT_THAT(records.ranges, Contains(range(HeapImage::kSpans, kSystemPage)));
  EXPECT_THAT(records.ranges, Contains(range(HeapImage::kBits, kSystemPage)));
  EXPECT_THAT(records.ranges, Contains(range(HeapImage::kArenaRecord, image_.layouts->get_size("runtime.heapArena"))));
}

TEST_P(NeededMemoryTest, ChunksOfRecordsAreFollowedAndNotInCircles) {
  const Address p(0x98000000), chunks(0xa0000000);
  constexpr std::uint64_t kChunk = 256 << 10;
  image_.map(p, image_.layouts->get_size("runtime.p"));
  image_.map(chunks, 4 * kChunk);
  image_.put(HeapImage::kLists + 0xc00, p);
  image_.put(image_.vars.allp, HeapImage::kLists + 0xc00);
  image_.put<std::uint64_t>(image_.vars.allp + 8, 1);
  image_.set(p, "runtime.p", "palloc.base", chunks + 3 * kChunk);
  image_.put(chunks + 3 * kChunk, chunks);
  image_.put(chunks, chunks + 3 * kChunk);
  EXPECT_THAT(record_chunks(runtime()), ElementsAre(range(chunks, kChunk), range(chunks + 3 * kChunk, kChunk)));
}

TEST_P(NeededMemoryTest, ReleasedPagesAreThoseOfTheBitmapsAndOfCaches) {
  const Address pages = HeapImage::kMheap + image_.layouts->offset("runtime.mheap", "pages");
  const Address in_use = pages + image_.layouts->offset("runtime.pageAlloc", "inUse");
  image_.put(in_use, HeapImage::kLists + 0xd00);
  image_.put<std::uint64_t>(in_use + 8, 1);
  image_.put(HeapImage::kLists + 0xd00, HeapImage::kHeap);
  image_.put(HeapImage::kLists + 0xd08, HeapImage::kHeap + 1);
  EXPECT_EQ(count_released_bytes(runtime()), std::nullopt) << "no block of chunks";
}

TEST_P(NeededMemoryTest, ReleasedPagesAreCounted) {
  const Address pages = HeapImage::kMheap + image_.layouts->offset("runtime.mheap", "pages");
  const Address in_use = pages + image_.layouts->offset("runtime.pageAlloc", "inUse");
  image_.put(in_use, HeapImage::kLists + 0xd00);
  image_.put<std::uint64_t>(in_use + 8, 1);
  image_.put(HeapImage::kLists + 0xd00, HeapImage::kHeap);
  image_.put(HeapImage::kLists + 0xd08, HeapImage::kHeap + 1);
  const std::uint64_t chunk = (HeapImage::kHeap - arena_start(0)) / (4 << 20);
  const Address block(0xb0000000);
  image_.map(block, 8192ULL * 128);
  image_.put(pages + image_.layouts->offset("runtime.pageAlloc", "chunks") + chunk / 8192 * 8, block);
  image_.put<std::uint64_t>(block + chunk % 8192 * 128, ~std::uint64_t{0});  // pages in use do not count
  image_.put<std::uint64_t>(block + chunk % 8192 * 128 + 64 + 56, 0b1011);   // these were given back
  const Address p(0x98000000);
  image_.map(p, image_.layouts->get_size("runtime.p"));
  image_.put(HeapImage::kLists + 0xc00, p);
  image_.put(image_.vars.allp, HeapImage::kLists + 0xc00);
  image_.put<std::uint64_t>(image_.vars.allp + 8, 1);
  image_.set(p, "runtime.p", "pcache.cache", 0b0110);
  image_.set(p, "runtime.p", "pcache.scav", 0b1010);
  EXPECT_EQ(count_released_bytes(runtime()), 4 * kGoPage);
  const Address cached = HeapImage::kHeap + 64 * kGoPage;
  image_.set(p, "runtime.p", "pcache.base", cached);
  const Address last_word = arena_start(0) + chunk * (4ULL << 20) + 7ULL * 64 * kGoPage;
  const Address next_arena = HeapImage::kHeap + kArenaSize;  // the heap has not grown into it
  EXPECT_THAT(released_pages(runtime(), {range(HeapImage::kHeap, 1), range(next_arena, kArenaSize)}),
              UnorderedElementsAre(range(cached + kGoPage, kGoPage), range(last_word, 2 * kGoPage),
                                   range(last_word + 3 * kGoPage, kGoPage), range(next_arena, kArenaSize)));
}

}  // namespace
}  // namespace holdfast::go
