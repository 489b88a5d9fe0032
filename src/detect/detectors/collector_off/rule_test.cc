#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::report_of;
using heap::testing::HeapBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using view::Report;

Report report_of_garbage(std::uint64_t next_collection) {
  HeapBuilder heap;
  add_ballast(heap);
  heap.leaf(8 << 20);
  heap.snapshot().account.next_gc = next_collection;
  return report_of(heap.build());
}

TEST(CollectorOff, SaysHowMuchGarbageWaits) {
  const Report report = report_of_garbage(~std::uint64_t{0});
  ASSERT_THAT(report.findings, SizeIs(1));
  EXPECT_EQ(report.findings[0].id, "collector-off");
  EXPECT_EQ(report.findings[0].title.full, "8.0 MiB of garbage wait for a collection that does not come");
  EXPECT_EQ(report.findings[0].bytes, 8U << 20);
  EXPECT_EQ(report.findings[0].count, 1U);
}

TEST(CollectorOff, SaysNothingOfGarbageThatTheNextCollectionFrees) {
  EXPECT_THAT(report_of_garbage(64 << 20).findings, IsEmpty());
}

}  // namespace
}  // namespace holdfast::detect
