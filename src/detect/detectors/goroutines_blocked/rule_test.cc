#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;

// Goroutines at one place with these ids, each with 100 KiB; another one has the highest id.
view::Report report_of_goids(const std::vector<std::uint64_t>& goids, std::uint64_t highest,
                             WaitReason reason = WaitReason::kChanReceive) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId group = heap.group(reason, "main.work");
  for (const std::uint64_t goid : goids) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    heap.refer(goroutine, heap.leaf(100 << 10));
    heap.goroutine(goid, GoroutineState::kWaiting, reason, goroutine, {"runtime.gopark", "main.work"});
  }
  const RootId other = heap.root(heap::RootKind::kGoroutine, "");
  heap.goroutine(highest, GoroutineState::kRunning, WaitReason::kZero, other, {"main.main"});
  return report_of(heap.build());
}

std::vector<std::uint64_t> every(std::uint64_t step, std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(first + i * step);
  return out;
}

TEST(GoroutinesBlocked, NamesThoseThatGather) {
  const view::Report report = report_of_goids(every(10, 20, 30), 330);
  const view::Finding* finding = find(report, "goroutines-blocked");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "30 goroutines blocked in chan receive at main.work and more come");
  EXPECT_THAT(finding->because.full, HasSubstr("(ids 20 to 310 of 330)"));
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_EQ(finding->bytes, 30 * 100U << 10);
  EXPECT_EQ(finding->chain.front().kind, view::StepKind::kGroup);
}

TEST(GoroutinesBlocked, LeavesPoolsAndBusyMomentsAlone) {
  EXPECT_EQ(find(report_of_goids(every(1, 20, 30), 60), "goroutines-blocked"), nullptr);     // made in one go, early
  EXPECT_EQ(find(report_of_goids(every(1, 970, 30), 1000), "goroutines-blocked"), nullptr);  // all young
  EXPECT_EQ(find(report_of_goids(every(10, 20, 30), 5000), "goroutines-blocked"), nullptr);  // none came since
  EXPECT_EQ(find(report_of_goids(every(10, 20, 30), 330, WaitReason::kIoWait), "goroutines-blocked"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
