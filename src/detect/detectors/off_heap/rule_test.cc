#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::find;
using detect::testing::kMiB;
using detect::testing::report_of_mapped;

TEST(OffHeap, NamesWhatLeadsToMappedMemory) {
  const view::Report report = report_of_mapped(40 * kMiB, 20 * kMiB, true);
  const view::Finding* finding = find(report, "off-heap");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "60.0 MiB of mapped memory, which the collector does not see, belong to main.store");
  EXPECT_EQ(finding->because.full,
            "16 words of Go memory are an address in 2 mappings, the largest at 0x7f0000000000; the first lie in "
            "main.cache");
  EXPECT_EQ(finding->bytes, 60 * kMiB);
}

TEST(OffHeap, IsNoneThatNoGoMemoryLeadsTo) {
  EXPECT_EQ(find(report_of_mapped(40 * kMiB, 20 * kMiB, false), "off-heap"), nullptr);
}

// The system joins the runtime's records with mappings beside them.
TEST(OffHeap, IsNoneThatOnlyTheRuntimeLeadsTo) {
  const view::Report report = report_of_mapped(40 * kMiB, 20 * kMiB, true, "runtime.p");
  EXPECT_EQ(find(report, "off-heap"), nullptr);
  EXPECT_NE(find(report, "mapped-memory"), nullptr);
}

TEST(OffHeap, IsLeftAloneWhileItIsASmallPart) {
  EXPECT_EQ(find(report_of_mapped(15 * kMiB, 5 * kMiB, true), "off-heap"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
