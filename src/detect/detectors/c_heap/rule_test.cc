#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::kMiB;
using detect::testing::report_of;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;

// Of a process of 100 MiB.
view::Report report_of_process(std::uint64_t c_heap, const heap::CHeap& facts) {
  HeapBuilder heap;
  add_ballast(heap);
  heap::Snapshot& s = heap.snapshot();
  s.account.known = true;
  s.account.rss = 100 * kMiB;
  s.account.c_heap = c_heap;
  s.account.live = 100 * kMiB - c_heap;
  s.c_heap = facts;
  return report_of(heap.build());
}

TEST(CHeap, IsSaidToBeMostOfTheProcess) {
  const view::Report report = report_of_process(
      80 * kMiB, {.recognised = true, .used_blocks = 5000, .used_bytes = 79 * kMiB, .largest = 16384, .arenas = 3});
  const view::Finding* finding = find(report, "c-heap");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full,
            "80.0 MiB of the 100.0 MiB that are resident are in the C heap, which no Go reference "
            "keeps");
  EXPECT_EQ(finding->because.full,
            "malloc has given out 5,000 blocks of 79.0 MiB, the largest of 16.0 KiB, in 3 arenas");
  EXPECT_EQ(finding->bytes, 80 * kMiB);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
}

TEST(CHeap, IsSaidToBeFreeWhereMallocKeepsIt) {
  const view::Report report = report_of_process(80 * kMiB, {.recognised = true,
                                                            .used_blocks = 10,
                                                            .used_bytes = kMiB,
                                                            .free_blocks = 70,
                                                            .free_bytes = 79 * kMiB,
                                                            .arenas = 40});
  const view::Finding* finding = find(report, "c-heap");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, HasSubstr("79.0 MiB of the C heap are free"));
  EXPECT_THAT(finding->because.full, HasSubstr("70 blocks of 79.0 MiB in 40 arenas"));
}

TEST(CHeap, IsLeftAloneWhileItIsTheSmallerPart) {
  EXPECT_EQ(
      find(report_of_process(40 * kMiB, {.recognised = true, .used_blocks = 5000, .used_bytes = 39 * kMiB}), "c-heap"),
      nullptr);
}

}  // namespace
}  // namespace holdfast::detect
