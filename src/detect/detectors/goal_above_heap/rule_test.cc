#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

view::Report report_of_percent(std::int64_t percent, std::uint64_t garbage) {
  HeapBuilder heap;
  add_ballast(heap);
  if (garbage > 0) heap.leaf(garbage);
  heap.snapshot().account.next_gc = 120 << 20;
  heap.snapshot().pace.known = true;
  heap.snapshot().pace.gc_percent = percent;
  return report_of(heap.build());
}

TEST(GoalAboveHeap, SaysWhatAHighGoalCosts) {
  const view::Report report = report_of_percent(900, 32 << 20);
  const view::Finding* finding = find(report, "goal-above-heap");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "32.0 MiB of garbage wait for a collection, which comes at 120.0 MiB: GOGC is 900");
  EXPECT_EQ(finding->because.full,
            "12.0 MiB live, so the goal lets the heap grow to 10.0 times of that; it is no leak");
  EXPECT_EQ(finding->bytes, 32U << 20);
}

TEST(GoalAboveHeap, LeavesTheDefaultAndLittleGarbageAlone) {
  EXPECT_EQ(find(report_of_percent(100, 32 << 20), "goal-above-heap"), nullptr);
  EXPECT_EQ(find(report_of_percent(900, 2 << 20), "goal-above-heap"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
