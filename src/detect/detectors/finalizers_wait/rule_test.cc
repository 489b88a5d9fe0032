#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::kSecond;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using view::Confidence;
using view::Report;

TEST(Finalizers, SayWhichFinalizerTheOthersWaitFor) {
  for (const std::uint64_t seconds : {0U, 600U}) {
    HeapBuilder heap;
    add_ballast(heap);
    const RootId queue = heap.group(RootKind::kFinalizerQueue);
    for (int i = 0; i < 3; ++i)
      heap.refer(heap.root(RootKind::kFinalizerQueue, "main.close", queue), heap.leaf(1 << 20));
    const RootId goroutine = heap.root(RootKind::kGoroutine, "");
    const GoroutineId id = heap.goroutine(5, GoroutineState::kWaiting, WaitReason::kChanReceive, goroutine,
                                          {"runtime.gopark", "main.close", "runtime.runfinq"});
    if (seconds > 0) heap.snapshot().goroutines[id.row].waiting_ns = seconds * kSecond;
    const Report report = report_of(heap.build());
    ASSERT_THAT(report.findings, SizeIs(1));
    EXPECT_EQ(report.findings[0].title.full, "3 finalizers are due, and the one that runs is blocked at main.close");
    EXPECT_THAT(report.findings[0].because.full,
                HasSubstr("goroutine 5, which runs them one by one, is in chan receive"));
    EXPECT_EQ(report.findings[0].bytes, std::uint64_t{3} << 20);
    EXPECT_EQ(report.findings[0].confidence, seconds > 0 ? Confidence::kStrong : Confidence::kPossible);
  }
}

TEST(Finalizers, LeaveAFinalizerQueueAloneWhoseGoroutineSleepsOrRuns) {
  for (const auto state : {GoroutineState::kWaiting, GoroutineState::kRunning}) {
    HeapBuilder heap;
    add_ballast(heap);
    heap.refer(heap.root(RootKind::kFinalizerQueue, "main.close"), heap.leaf(1 << 20));
    const RootId goroutine = heap.root(RootKind::kGoroutine, "");
    if (state == GoroutineState::kWaiting)
      heap.goroutine(5, state, WaitReason::kFinalizerWait, goroutine, {"runtime.gopark", "runtime.runfinq"});
    else
      heap.goroutine(5, state, WaitReason::kZero, goroutine, {"main.close", "runtime.runfinq"});
    EXPECT_THAT(report_of(heap.build()).findings, IsEmpty());
  }
}

}  // namespace
}  // namespace holdfast::detect
