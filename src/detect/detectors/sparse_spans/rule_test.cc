#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

// Objects of 1 KiB, of which a variable has one in `every`.
view::Report report_of_records(int every) {
  HeapBuilder heap;
  const RootId kept = heap.root(heap::RootKind::kGlobal, "main.kept");
  for (int i = 0; i < 8000; ++i) {
    const auto record = heap.object(1024);
    if (i % every == 0) heap.refer(kept, record);
  }
  return report_of(heap.build());
}

TEST(SparseSpans, SayWhatFewObjectsKeep) {
  const view::Report report = report_of_records(50);
  const view::Finding* finding = find(report, "sparse-spans");
  ASSERT_NE(finding, nullptr);
  EXPECT_GT(finding->bytes, 6U << 20);
  EXPECT_THAT(finding->title.full, ::testing::HasSubstr("160 objects live in them"));
}

TEST(SparseSpans, LeaveFullOnesAlone) {
  EXPECT_EQ(find(report_of_records(1), "sparse-spans"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
