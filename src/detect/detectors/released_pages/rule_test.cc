#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::kMiB;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

// Of a process of 100 MiB, of whose heap so much was released and is resident.
view::Report report_of_released(std::uint64_t lazy_free, std::uint64_t released_resident) {
  HeapBuilder heap;
  add_ballast(heap);
  heap::Account& account = heap.snapshot().account;
  account.known = true;
  account.rss = 100 * kMiB;
  account.live = 100 * kMiB - released_resident;
  account.free = account.free_pages = account.released_resident = released_resident;
  account.lazy_free = lazy_free;
  return report_of(heap.build());
}

TEST(ReleasedPages, AreSaidToBeCounted) {
  const view::Report report = report_of_released(60 * kMiB, 61 * kMiB);
  const view::Finding* finding = find(report, "released-pages");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "60.0 MiB were given back to the system, and RSS counts them all the same");
  EXPECT_EQ(finding->bytes, 60 * kMiB);
}

TEST(ReleasedPages, AreNoneThatHugePagesKeep) {
  EXPECT_EQ(find(report_of_released(0, 60 * kMiB), "released-pages"), nullptr);
}

TEST(ReleasedPages, AreLeftAloneWhileTheyAreFew) {
  EXPECT_EQ(find(report_of_released(5 * kMiB, 5 * kMiB), "released-pages"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
