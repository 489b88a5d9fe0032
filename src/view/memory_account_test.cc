#include "view/memory_account.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"

namespace holdfast::view {
namespace {

using heap::MappingUse;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

MemoryAccount account_of(const heap::Snapshot& snapshot) {
  EXPECT_THAT(heap::problems(snapshot), IsEmpty());
  const graph::Dominators dominators = graph::dominators(snapshot);
  return make_memory_account(Groundwork(snapshot, dominators), graph::reach(snapshot));
}

TEST(MemoryAccount, CountsFreeSlotsAndWhatKeepsTheirSpans) {
  HeapBuilder heap;
  const TypeId page = heap.structure("main.page", 2048, {});
  const TypeId item = heap.structure("main.item", 1024, {});
  heap.object(2048, page);
  for (int i = 0; i < 3; ++i) heap.free_slot(true, 2048);
  for (int i = 0; i < 3; ++i) heap.object(1024, item);
  heap.free_slot(true, 1024);
  heap::Snapshot snapshot = heap.build();
  snapshot.mem_stats = {{"HeapIdle", 10 << 20}, {"HeapReleased", 7 << 20}};
  const FreeMemory free = account_of(snapshot).free;
  EXPECT_EQ(free.slots, 3U * 2048 + 1024);
  EXPECT_EQ(free.pages, 3U << 20);
  EXPECT_EQ(free.released, 7U << 20);
  ASSERT_THAT(free.classes, SizeIs(2));
  EXPECT_EQ(free.classes[0].slot_size, 2048U);
  EXPECT_EQ(free.classes[0].free_bytes, 3U * 2048);
  EXPECT_EQ(free.classes[0].sparse_spans, 1U);
  EXPECT_EQ(free.classes[0].sparse_free_bytes, 3U * 2048);
  EXPECT_EQ(free.classes[0].sparse_objects, 1U);
  EXPECT_EQ(free.classes[0].sparse_type, "main.page");
  EXPECT_EQ(free.classes[1].objects, 3U);
  EXPECT_EQ(free.classes[1].sparse_spans, 0U);
}

TEST(MemoryAccount, TellsStacksOfGoroutinesFromOthers) {
  HeapBuilder heap;
  heap.object(16);
  for (const std::uint64_t goid : {1U, 2U})
    heap.goroutine(goid, heap::GoroutineState::kWaiting, WaitReason::kSelect, {}, {"main.serve"});
  heap::Snapshot snapshot = heap.build();
  for (heap::Goroutine& goroutine : snapshot.goroutines) {
    goroutine.stack = {Address(0x10000), Address(0x18000)};
    goroutine.stack_used = 0x1000;
  }
  snapshot.mem_stats = {{"StackInuse", 0x19000}};
  const StackMemory stacks = account_of(snapshot).stacks;
  EXPECT_EQ(stacks.goroutines, 0x10000U);
  EXPECT_EQ(stacks.used, 0x2000U);
  EXPECT_EQ(stacks.kept, 0x9000U);
}

TEST(MemoryAccount, SaysWhatPointsAtAMapping) {
  HeapBuilder heap;
  const TypeId cache = heap.structure("main.cache", 48, {});
  const auto object = heap.object(48, cache);
  const RootId root = heap.root(RootKind::kGlobal, "main.caches");
  heap.refer(root, object);
  heap::Snapshot snapshot = heap.build();
  const StringId file = snapshot.strings.add("/data/pages.db");
  const auto range = [](std::uint64_t begin, std::uint64_t size) {
    return AddressRange{Address(begin), Address(begin + size)};
  };
  snapshot.mappings = {{range(0x10000, 0x4000), MappingUse::kFile, file, 0x1000, 0, true, true, 0},
                       {range(0x20000, 0x8000), MappingUse::kFile, file, 0x8000, 0, true, true, 1},
                       {range(0x30000, 0x10000), MappingUse::kOther, {}, 0x10000, 0, true, false, 2},
                       {range(0xc000000000, 0x10000), MappingUse::kGoHeap, {}, 0x10000, 0, true, false, 0}};
  snapshot.mapping_holders = {{1, ObjectId(0), {}, 24, Address(0x20000)},
                              {2, {}, snapshot.roots[root.row].label, 0, Address(0x30010)}};
  const auto mappings = account_of(snapshot).mappings;
  ASSERT_THAT(mappings, SizeIs(2));
  EXPECT_EQ(mappings[0].resident, 0x10000U);
  ASSERT_THAT(mappings[0].pointing, SizeIs(1));
  EXPECT_EQ(mappings[0].pointing[0].place, "main.caches");
  EXPECT_EQ(mappings[0].pointing[0].type, "");
  EXPECT_EQ(mappings[1].name, "/data/pages.db");
  EXPECT_EQ(mappings[1].count, 2U);
  EXPECT_EQ(mappings[1].bytes, 0xc000U);
  EXPECT_EQ(mappings[1].resident, 0x9000U);
  EXPECT_EQ(mappings[1].first, Address(0x20000));
  ASSERT_THAT(mappings[1].pointing, SizeIs(1));
  EXPECT_EQ(mappings[1].pointing[0].type, "main.cache");
  EXPECT_EQ(mappings[1].pointing[0].place, "main.caches");
}

TEST(MemoryAccount, SaysFirstWhatOfTheProgramsOwnPointsAtAMapping) {
  HeapBuilder heap;
  const auto processor = heap.object(48, heap.structure("runtime.p", 48, {}));
  const auto machine = heap.object(48, heap.structure("main.machine", 48, {}));
  heap.refer(heap.root(RootKind::kGlobal, "runtime.allp"), processor);
  heap.refer(heap.root(RootKind::kGlobal, "main.current"), machine);
  const RootId mapper = heap.root(RootKind::kGlobal, "syscall.mapper");
  heap::Snapshot snapshot = heap.build();
  const Address begin(0x30000);
  snapshot.mappings = {{{begin, begin + 0x10000}, MappingUse::kOther, {}, 0x10000, 0, true, false, 6}};
  for (int i = 0; i < 4; ++i) snapshot.mapping_holders.push_back({0, ObjectId(0), {}, 8, begin});
  snapshot.mapping_holders.push_back({0, {}, snapshot.roots[mapper.row].label, 0, begin});
  snapshot.mapping_holders.push_back({0, ObjectId(1), {}, 8, begin + 16});
  const auto pointing = account_of(snapshot).mappings.at(0).pointing;
  ASSERT_THAT(pointing, SizeIs(4));
  EXPECT_EQ(pointing[0].place, "main.current");
  EXPECT_EQ(pointing[1].place, "runtime.allp");
}

heap::Pace pace_near_the_limit() {
  heap::Pace pace;
  pace.known = true;
  pace.gc_percent = 100;
  pace.memory_limit = 100 << 20;
  pace.counted = 95 << 20;
  pace.processors = 4;
  pace.recent_intervals = 36;
  pace.recent_ns = 4'000'000'000;
  pace.last_cycle_ns = 100'000'000;
  pace.last_work_ns = 200'000'000;
  return pace;
}

TEST(MemoryAccount, ASpiralIsALimitThatIsNearAndACollectorThatTakesTheProcessors) {
  heap::Pace pace = pace_near_the_limit();
  EXPECT_DOUBLE_EQ(pace.collections_per_second(), 9);
  EXPECT_DOUBLE_EQ(pace.last_share().value_or(0), 0.5);
  EXPECT_TRUE(spirals(pace));
  pace.last_work_ns = 50'000'000;
  EXPECT_FALSE(spirals(pace)) << "it takes little";
  pace.recent_intervals = 40;
  EXPECT_TRUE(spirals(pace)) << "but often";
  pace = pace_near_the_limit();
  pace.counted = 50 << 20;
  EXPECT_FALSE(spirals(pace)) << "the limit is far";
  pace = pace_near_the_limit();
  pace.memory_limit = heap::Pace::kNoLimit;
  EXPECT_FALSE(spirals(pace)) << "there is none";
  pace = pace_near_the_limit();
  pace.last_work_ns.reset();
  EXPECT_FALSE(spirals(pace)) << "nobody knows what it takes";
}

}  // namespace
}  // namespace holdfast::view
