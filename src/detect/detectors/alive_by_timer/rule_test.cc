#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;
using view::Confidence;

enum class Owner { kNone, kVariable, kTickingGoroutine };

// 30 goroutines in a select for a ticker and for a channel that stops them, which the owner has.
view::Report report_of_tickers(std::uint64_t step, Owner owner, bool has_stop = true) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId group = heap.group(WaitReason::kSelect, "main.sweep");
  std::vector<HeapBuilder::Handle> stops, ticks;
  const RootId owning = heap.root(
      owner == Owner::kTickingGoroutine ? heap::RootKind::kGoroutine : heap::RootKind::kGlobal, "main.caches");
  for (std::uint64_t i = 0; i < 30; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    stops.push_back(heap.leaf(96));
    ticks.push_back(heap.leaf(112));
    heap.refer(goroutine, stops.back()).refer(goroutine, ticks.back()).refer(goroutine, heap.leaf(10 << 10));
    if (owner != Owner::kNone) heap.refer(owning, stops.back());
    const GoroutineId id = heap.goroutine(20 + i * step, GoroutineState::kWaiting, WaitReason::kSelect, goroutine,
                                          {"runtime.gopark", "main.sweep"});
    heap.snapshot().roots[goroutine.row].goroutine = id;
  }
  ticks.push_back(heap.leaf(112));
  if (owner == Owner::kTickingGoroutine) {
    const GoroutineId id =
        heap.goroutine(1, GoroutineState::kWaiting, WaitReason::kChanReceive, owning, {"runtime.gopark", "main.serve"});
    heap.refer(owning, ticks.back());
    heap.snapshot().roots[owning.row].goroutine = id;
  }
  heap::Snapshot snapshot = heap.build();
  for (std::uint32_t i = 0; i < 30; ++i) {
    if (has_stop) snapshot.wake_ups.push_back({GoroutineId(i), heap.id(stops[i]), {}, {}});
    snapshot.wake_ups.push_back({GoroutineId(i), heap.id(ticks[i]), {}, {}});
    snapshot.actors.push_back({heap.id(ticks[i]), heap::ActorKind::kTimer});
  }
  if (owner == Owner::kTickingGoroutine) {
    snapshot.wake_ups.push_back({GoroutineId(30), heap.id(ticks[30]), {}, {}});
    snapshot.actors.push_back({heap.id(ticks[30]), heap::ActorKind::kTimer});
  }
  std::ranges::sort(snapshot.wake_ups);
  std::ranges::sort(snapshot.actors);
  return report_of(snapshot);
}

TEST(AliveByTimer, NamesThoseWhoseOwnerIsGone) {
  const view::Report report = report_of_tickers(10, Owner::kNone);
  const view::Finding* finding = find(report, "alive-by-timer");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "30 goroutines blocked in select at main.sweep that only timers wake");
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_GE(finding->bytes, std::uint64_t{30} * (10 << 10));
}

TEST(AliveByTimer, LeavesThoseAloneThatSomebodyCanEndAndThoseThatOnlyTick) {
  EXPECT_EQ(find(report_of_tickers(10, Owner::kVariable), "alive-by-timer"), nullptr);
  EXPECT_EQ(find(report_of_tickers(10, Owner::kNone, false), "alive-by-timer"), nullptr);
}

// What ends a goroutine at each tick of its own is woken by a timer as well, and can act.
TEST(AliveByTimer, LeavesThoseAloneWhoseOwnerTicks) {
  EXPECT_EQ(find(report_of_tickers(10, Owner::kTickingGoroutine), "alive-by-timer"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
