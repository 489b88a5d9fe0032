#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

view::Report report_of_dead(std::uint64_t dead) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId list = heap.root(heap::RootKind::kGlobal, "runtime.allgs");
  std::vector<HeapBuilder::Handle> records;
  for (std::uint64_t i = 0; i < dead; ++i) {
    records.push_back(heap.object(416));
    heap.refer(list, records.back());
    heap.goroutine(i + 10, heap::GoroutineState::kDead, WaitReason::kZero, {});
  }
  heap.goroutine(1, heap::GoroutineState::kRunning, WaitReason::kZero, heap.root(heap::RootKind::kGoroutine, ""));
  heap::Snapshot snapshot = heap.build();
  const heap::ObjectIndex index(snapshot);
  for (std::size_t i = 0; i < records.size(); ++i) snapshot.goroutines[i].g = index.address_of(heap.id(records[i]));
  return report_of(snapshot);
}

TEST(DeadGoroutines, SayWhatABusyMomentLeft) {
  const view::Report report = report_of_dead(10'000);
  const view::Finding* finding = find(report, "dead-goroutines");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "the records of 10,000 goroutines that have ended stay, besides 1 that are there");
  EXPECT_EQ(finding->bytes, 10'000U * 416);
}

TEST(DeadGoroutines, LeaveFewOnesAlone) {
  EXPECT_EQ(find(report_of_dead(100), "dead-goroutines"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
