#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::kMiB;
using detect::testing::report_of;
using heap::testing::HeapBuilder;

// Of a process of 100 MiB, of whose heap 60 MiB are resident and in no use.
view::Report report_of_huge(std::uint64_t huge, std::uint64_t lazy_free = 0, bool is_core = false) {
  HeapBuilder heap;
  add_ballast(heap);
  heap::Account& account = heap.snapshot().account;
  account.known = true;
  account.of_mappings = is_core;
  account.rss = 100 * kMiB;
  account.live = 40 * kMiB;
  account.free = account.free_pages = account.released_resident = 60 * kMiB;
  account.huge = huge;
  account.lazy_free = lazy_free;
  return report_of(heap.build());
}

TEST(HugePages, AreSaidToKeepWhatIsInNoUse) {
  const view::Report report = report_of_huge(90 * kMiB);
  const view::Finding* finding = find(report, "huge-pages");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "huge pages keep 60.0 MiB of the heap resident that are in no use");
  EXPECT_EQ(finding->because.full,
            "90.0 MiB of the heap are in huge pages, 12.0 MiB live; 60.0 MiB of its pages were given back or never "
            "used, and are resident all the same");
  EXPECT_EQ(finding->bytes, 60 * kMiB);
}

TEST(HugePages, AreNotAtFaultWhereThereAreNone) {
  EXPECT_EQ(find(report_of_huge(0), "huge-pages"), nullptr);
  EXPECT_EQ(find(report_of_huge(4 * kMiB), "huge-pages"), nullptr);
}

TEST(HugePages, AreNotAtFaultForWhatTheSystemMayTake) {
  EXPECT_EQ(find(report_of_huge(90 * kMiB, 58 * kMiB), "huge-pages"), nullptr);
}

TEST(HugePages, OfCoresAreNotKnown) {
  EXPECT_EQ(find(report_of_huge(90 * kMiB, 0, true), "huge-pages"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
