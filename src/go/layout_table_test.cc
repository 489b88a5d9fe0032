#include "go/layout_table.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::go {
namespace {

TEST(LayoutTable, KnowsEveryReleaseAndItsDifferences) {
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    const auto table = layout_table(parse_version("go1." + std::to_string(minor)));
    EXPECT_EQ(table->offset("runtime.mspan", "startAddr"), 24U) << minor;
    EXPECT_EQ(table->get("runtime.mspan", "nelems").size, minor <= 21 ? 8U : 2U) << minor;
    EXPECT_EQ(table->find("runtime.mspan", "largeType").has_value(), minor >= 22) << minor;
    EXPECT_EQ(table->size_of("internal/abi.Type"), 48U) << minor;
    EXPECT_EQ(table->find("runtime.moduledata", "typelinks").has_value(), minor <= 26) << minor;
  }
}

TEST(LayoutTable, FindsFieldsOfNestedStructures) {
  const auto table = layout_table(parse_version("go1.26.8"));
  EXPECT_EQ(table->offset("runtime.g", "stack.hi"), 8U);
  EXPECT_EQ(table->offset("runtime.g", "sched.pc"), 64U);
  EXPECT_EQ(table->offset("runtime.mstats", "heapStats.stats"), 0U);
  EXPECT_EQ(table->constant("runtime._Gwaiting"), 4);
}

TEST(LayoutTable, AbsentFieldIsNoOffset) {
  const auto table = layout_table(parse_version("go1.19.13"));
  EXPECT_EQ(table->find("runtime.mspan", "nosuch"), std::nullopt);
  EXPECT_EQ(table->find("runtime.nosuch", "next"), std::nullopt);
  EXPECT_EQ(table->find("runtime.g", "stack.nosuch"), std::nullopt);
  EXPECT_EQ(table->constant("runtime._KindSpecialCleanup"), std::nullopt);
  EXPECT_THROW(table->get("runtime.mspan", "largeType"), Error);
}

TEST(LayoutTable, ExperimentsChangeTheirStructures) {
  const auto plain = layout_table(parse_version("go1.26.8"));
  const auto without = layout_table(parse_version("go1.26.8-X:nogreenteagc"));
  EXPECT_NE(plain->size_of("runtime.p"), without->size_of("runtime.p"));
  EXPECT_EQ(plain->size_of("runtime.mspan"), without->size_of("runtime.mspan"));
}

TEST(LayoutTable, NewerReleaseGetsTheNewestTableAndSaysSo) {
  const auto table = layout_table(parse_version("go1.99.1"));
  EXPECT_EQ(table->name(), "table go1.27 (the newest known)");
}

}  // namespace
}  // namespace holdfast::go
