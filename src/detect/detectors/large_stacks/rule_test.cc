#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;

struct Stacks {
  std::uint64_t bytes = 128 << 10;  // of each
  std::uint64_t used = 100 << 10;
  std::uint64_t largest = 0;  // frame
  bool collector_off = false;
};

view::Report report_of_stacks(const Stacks& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId group = heap.group(WaitReason::kChanReceive, "main.work");
  for (std::uint64_t i = 0; i < 20; ++i) {
    const RootId root = heap.root(heap::RootKind::kGoroutine, "", group);
    heap.refer(root, heap.leaf(1 << 10));
    const GoroutineId id =
        heap.goroutine(i + 7, GoroutineState::kWaiting, WaitReason::kChanReceive, root, {"main.work", "main.run"});
    heap::Goroutine& goroutine = heap.snapshot().goroutines[id.row];
    goroutine.stack = {Address(0xc100000000 + i * (1 << 20)), Address(0xc100000000 + i * (1 << 20) + asked.bytes)};
    goroutine.stack_used = asked.used;
    goroutine.largest_frame_bytes = asked.largest;
    if (asked.largest > 0) goroutine.largest_frame = FrameId(goroutine.first_frame);
  }
  if (asked.collector_off) {
    heap.snapshot().pace.known = true;
    heap.snapshot().pace.gc_percent = -1;
  }
  return report_of(heap.build());
}

TEST(LargeStacks, NamesTheLargestFrame) {
  const view::Report report = report_of_stacks({.largest = 90 << 10});
  const view::Finding* finding = find(report, "large-stacks");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "the stacks of 20 goroutines at main.work take 2.5 MiB");
  EXPECT_EQ(finding->because.full,
            "128.0 KiB each, of which 100.0 KiB are in use; the largest frame has 90.0 KiB: main.work");
  EXPECT_THAT(finding->fix.full, HasSubstr("in main.work in the heap"));
  EXPECT_EQ(finding->bytes, std::uint64_t{20} * (128 << 10));
  EXPECT_EQ(finding->exclusive_bytes, 0U);
}

TEST(LargeStacks, TellsDeepOnesFromThoseThatWereDeep) {
  const view::Report deep = report_of_stacks({});
  ASSERT_NE(find(deep, "large-stacks"), nullptr);
  EXPECT_THAT(find(deep, "large-stacks")->fix.full, HasSubstr("call less deeply"));
  const view::Report unused = report_of_stacks({.used = 2 << 10, .collector_off = true});
  ASSERT_NE(find(unused, "large-stacks"), nullptr);
  EXPECT_THAT(find(unused, "large-stacks")->fix.full, HasSubstr("less than a quarter"));
}

TEST(LargeStacks, LeavesUsualOnesAlone) {
  EXPECT_EQ(find(report_of_stacks({.used = 2 << 10}), "large-stacks"), nullptr) << "a collection halves them";
  EXPECT_EQ(find(report_of_stacks({.bytes = 32 << 10, .used = 20 << 10}), "large-stacks"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
