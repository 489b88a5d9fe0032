#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;

struct Pile {
  std::uint64_t records = 2000;
  std::uint64_t frames = 2;
};

view::Report report_of_pile(const Pile& pile) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId record = heap.structure("runtime._defer", 48, {{"fn", {}, 24}, {"link", {}, 32}});
  const RootId root = heap.root(heap::RootKind::kGoroutine, "");
  const GoroutineId id = heap.goroutine(17, GoroutineState::kWaiting, WaitReason::kChanReceive, root, {"main.loop"});
  const RootId defers = heap.root(heap::RootKind::kDefer, "", root);
  heap.snapshot().roots[defers.row].goroutine = id;
  for (std::uint64_t i = 0; i < pile.records; ++i)
    heap.refer(defers, heap.object(48, record)).refer(defers, heap.leaf(1024));
  heap::Goroutine& goroutine = heap.snapshot().goroutines[id.row];
  for (std::uint64_t i = 1; i < pile.frames; ++i) {
    heap.snapshot().frames.push_back(heap.snapshot().frames[goroutine.first_frame]);
    ++goroutine.frame_count;
  }
  return report_of(heap.build());
}

TEST(DeferPile, CountsTheCallsThatWait) {
  const view::Report report = report_of_pile({});
  const view::Finding* finding = find(report, "defer-pile");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "2,000 deferred calls wait in goroutine 17 at main.loop");
  EXPECT_EQ(finding->confidence, view::Confidence::kStrong);
  EXPECT_EQ(finding->bytes, 2000U * (48 + 1024));
}

TEST(DeferPile, LeavesFewAndDeepRecursionsAlone) {
  EXPECT_EQ(find(report_of_pile({.records = 900}), "defer-pile"), nullptr);
  EXPECT_EQ(find(report_of_pile({.frames = 600}), "defer-pile"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
