#include "go/in_flight.h"

#include <gmock/gmock.h>

#include "go/span_image_for_tests.h"
#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::IsEmpty;

constexpr std::uint64_t kSpanBytes = SpanImage::kPages * kGoPage;

// A thread can be stopped between a change of the heap and the change of the counters: these are the moments.
class InFlightTest : public testing::TestWithParam<int>, protected SpanImage {
 protected:
  InFlightTest() : SpanImage(GetParam()) {}

  std::vector<SpanCache> caches() { return caches_ == 0 ? std::vector<SpanCache>() : read_span_caches(runtime()); }
  InFlight bounds(const std::vector<HeapWork>& threads = {}) { return in_flight(read(), caches(), threads); }
  // Counts slots of held spans that the counters do not have yet.
  std::uint64_t uncounted() {
    std::uint64_t slots = 0;
    for (const SpanCache& cache : caches())
      for (const CachedSpan& span : cache.spans)
        if (span.held) slots += span.taken();
    return slots;
  }
  bool lags(std::uint64_t objects) {
    const HeapModel heap = read();
    return count_may_lag(heap, heap.in_use().back(), objects);
  }
};

INSTANTIATE_TEST_SUITE_P(Releases, InFlightTest, testing::Values(19, 20, 21, 22, 23, 24, 25, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(InFlightTest, NothingIsInFlightInAHeapAtRest) {
  add_cache(add({.sweep_gen = kSweepGen + 3, .free_index = 12, .alloc_count = 12, .count_before = 5}));
  add({.free_index = 64, .alloc_count = 64});
  add({.sweep_gen = kSweepGen - 2, .free_index = 3, .alloc_count = 3});
  add({.free_index = 1, .alloc_count = 1, .size_class = 0});
  EXPECT_EQ(bounds(), InFlight{});
  EXPECT_EQ(uncounted(), 7U);
}

// In mcache.refill, uncacheSpan has lowered sweepgen; then the slots are counted and allocCountBeforeCache is cleared,
// while the old span stays in the cache until there is a new one. It was once taken for 64 slots more than there are.
TEST_P(InFlightTest, ASpanThatIsGivenBackCountsOnceWhetherItIsCountedYetOrNot) {
  const Address span = add({.free_index = 64, .alloc_count = 64, .count_before = 14});
  add_cache(span);
  EXPECT_EQ(uncounted(), 0U);
  EXPECT_EQ(bounds(), (InFlight{.objects = 50, .object_bytes = 50ULL * 1024}));
  set(span, "runtime.mspan", "allocCountBeforeCache", 0);
  EXPECT_EQ(uncounted(), 0U);
  EXPECT_EQ(bounds(), (InFlight{.objects = 64, .object_bytes = 64ULL * 1024}));
}

// mcache.releaseAll clears allocCountBeforeCache of one span after another, before anything else.
TEST_P(InFlightTest, TheFirstSpanOfACacheThatIsFlushedMayBeCountedAlready) {
  add_cache(add({.sweep_gen = kSweepGen + 1, .free_index = 20, .alloc_count = 20}), kSweepGen - 2);
  EXPECT_EQ(bounds(), (InFlight{.objects = 20, .object_bytes = 20ULL * 1024}));
  EXPECT_EQ(uncounted(), 20U);
}

TEST_P(InFlightTest, AStoppedWorldMayFlushAllCaches) {
  const Address span = add({.sweep_gen = kSweepGen + 3, .free_index = 20, .alloc_count = 20});
  add_cache(span);
  EXPECT_EQ(bounds(), InFlight{});
  add_cache(Address(), kSweepGen, 3);
  EXPECT_EQ(bounds(), (InFlight{.objects = 20, .object_bytes = 20ULL * 1024}));
  set(span, "runtime.mspan", "allocCountBeforeCache", 4);
  EXPECT_EQ(bounds(), InFlight{}) << "that it was not cleared shows that nobody has begun";
}

// In sweepLocked.sweep, what it has freed is counted after allocCount has become smaller.
TEST_P(InFlightTest, ASpanInSweepMayHaveFreedWhatItHasRoomFor) {
  add({.sweep_gen = kSweepGen - 1, .alloc_bits = 0b111, .alloc_count = 3});
  EXPECT_EQ(bounds(), (InFlight{.objects = 61, .object_bytes = 61ULL * 1024}));
  EXPECT_EQ(bounds({{.sweeps = true}}), (InFlight{.objects = 61, .object_bytes = 61ULL * 1024}));
  EXPECT_TRUE(lags(17));
}

TEST_P(InFlightTest, ASweeperWithoutASpanInSweepMayHaveToCountItsLastOne) {
  add({.alloc_bits = 0b1111, .alloc_count = 4});
  add({.free_index = 40, .alloc_count = 40});
  EXPECT_EQ(bounds(), InFlight{});
  EXPECT_EQ(bounds({{.sweeps = true}}), (InFlight{.objects = 60, .object_bytes = 60ULL * 1024}));
}

// mheap.allocSpan makes the span before it counts its bytes; freeSpanLocked ends the span after it has counted them.
TEST_P(InFlightTest, AnEmptySpanOnNoListIsBeingMadeOrFreed) {
  add({});
  EXPECT_EQ(bounds(), (InFlight{.span_bytes = kSpanBytes}));
  add({.size_class = 0});
  EXPECT_EQ(bounds(), (InFlight{.objects = 1, .object_bytes = kSpanBytes, .span_bytes = 2 * kSpanBytes}));
  EXPECT_TRUE(lags(1)) << "mallocgcLarge sets freeindex, then allocCount";
}

TEST_P(InFlightTest, ASlotIsTakenBeforeItIsCounted) {
  add({.sweep_gen = kSweepGen + 3, .free_index = 13, .alloc_count = 12});
  EXPECT_TRUE(lags(13));
  EXPECT_FALSE(lags(14)) << "a P takes one at a time";
  EXPECT_FALSE(lags(11));
  add({.free_index = 13, .alloc_count = 12});
  EXPECT_FALSE(lags(13)) << "no P has it";
}

TEST_P(InFlightTest, ThreadsInThePageAllocatorMoveASpanEach) {
  add({.free_index = 64, .alloc_count = 64});
  EXPECT_EQ(bounds({{.takes_span = true}}).released_bytes, kSpanBytes);
  EXPECT_EQ(bounds({{.scavenges = true}, {.scavenges = true}}), (InFlight{.released_bytes = 8 << 20}));
  EXPECT_EQ(bounds({{.takes_span = true, .grows = true}}).released_bytes, kSpanBytes + kArenaSize);
}

TEST(HeapWork, IsKnownByTheFunctionsOnTheThreadsOwnStack) {
  StackImage image(26);
  const Address sweep = image.function("runtime.(*sweepLocked).sweep", 0x20);
  const Address free = image.function("runtime.(*mheap).freeSpanLocked", 0x10);
  const Address system = image.function("runtime.systemstack", 0x8, binary::kFlagSpWrite);
  const Address sp = StackImage::kSystemStack + 0x1000;
  image.put(sp + 0x10, system + 9);
  Machine machine;
  machine.m = Address(0x2000);
  machine.thread_id = 99;
  machine.g0_stack = {StackImage::kSystemStack, StackImage::kSystemStack + StackImage::kSize};
  ThreadRegisters thread;
  thread.thread_id = 99;
  thread.registers.pc = free + 4;
  thread.registers.general[kArchitecture.stack_pointer] = sp.value;
  const std::vector<ThreadRegisters> threads{thread};
  const Scheduler scheduler;
  const Unwinder unwinder(image.runtime(), image.functions(), scheduler, threads);
  const Stack own = unwinder.unwind_system_stack(machine);
  EXPECT_THAT(own.frames, testing::SizeIs(2));
  EXPECT_EQ(own.end, StackEnd::kSpWrite);
  EXPECT_EQ(heap_work(own, image.functions()), (HeapWork{.takes_span = true}));
  Stack goroutine;
  goroutine.frames.emplace_back().function = image.functions().find(sweep + 4)->ref;
  EXPECT_EQ(heap_work(goroutine, image.functions()), (HeapWork{.sweeps = true}));
  machine.thread_id = 98;
  EXPECT_THAT(unwinder.unwind_system_stack(machine).frames, IsEmpty()) << "no such thread was stopped";
}

}  // namespace
}  // namespace holdfast::go
