#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::kMiB;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

// Of a process of 100 MiB, of whose heap 12 MiB live.
view::Report report_of_free(std::uint64_t free_pages, std::uint64_t goal, std::uint64_t released_resident = 0) {
  HeapBuilder heap;
  add_ballast(heap);
  heap::Account& account = heap.snapshot().account;
  account.known = true;
  account.rss = 100 * kMiB;
  account.live = 12 * kMiB;
  account.free = account.free_pages = free_pages;
  account.released_resident = released_resident;
  account.next_gc = goal;
  return report_of(heap.build());
}

TEST(FreeNotReleased, IsWhatLiesAboveTheGoal) {
  const view::Report report = report_of_free(80 * kMiB, 20 * kMiB);
  const view::Finding* finding = find(report, "free-not-released");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->bytes, 70 * kMiB);  // 12 and 80, without 22
  EXPECT_EQ(finding->title.full,
            "70.0 MiB are free and not given back to the system yet, after a moment that needed them");
}

TEST(FreeNotReleased, IsNotWhatTheHeapNeedsForItsGoal) {
  EXPECT_EQ(find(report_of_free(80 * kMiB, 90 * kMiB), "free-not-released"), nullptr);
}

TEST(FreeNotReleased, IsNotWhatWasReleased) {
  EXPECT_EQ(find(report_of_free(80 * kMiB, 20 * kMiB, 75 * kMiB), "free-not-released"), nullptr);
}

TEST(FreeNotReleased, IsNotSaidWhereNoCollectionComes) {
  EXPECT_EQ(find(report_of_free(80 * kMiB, 0), "free-not-released"), nullptr);
  EXPECT_EQ(find(report_of_free(80 * kMiB, view::kNoCollection), "free-not-released"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
