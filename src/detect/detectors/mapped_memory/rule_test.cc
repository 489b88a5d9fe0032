#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::find;
using detect::testing::kMiB;
using detect::testing::report_of_mapped;

TEST(MappedMemory, IsSaidToBelongToNobody) {
  const view::Report report = report_of_mapped(45 * kMiB, 15 * kMiB, false);
  const view::Finding* finding = find(report, "mapped-memory");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full,
            "60.0 MiB of the 100.0 MiB that are resident are in 2 mappings that no Go memory leads to");
  EXPECT_EQ(finding->because.full, "the largest is plain memory at 0x7f0000000000, 45.0 MiB of it resident");
  EXPECT_EQ(finding->bytes, 60 * kMiB);
}

TEST(MappedMemory, IsNotWhatAnObjectLeadsTo) {
  EXPECT_EQ(find(report_of_mapped(45 * kMiB, 15 * kMiB, true), "mapped-memory"), nullptr);
}

TEST(MappedMemory, IsLeftAloneWhileItIsTheSmallerPart) {
  EXPECT_EQ(find(report_of_mapped(30 * kMiB, 10 * kMiB, false), "mapped-memory"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
