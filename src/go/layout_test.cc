#include "go/layout.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "go/layout_table.h"

namespace holdfast::go {
namespace {

std::unique_ptr<LayoutSource> table(std::string_view version) {
  return layout_table(parse_version(version));
}

TEST(LayoutTable, KnowsTheCentralStructuresOfEveryRelease) {
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    const auto layouts = table(fmt::format("go1.{}.1", minor));
    EXPECT_EQ(layouts->name(), fmt::format("table go1.{}", minor));
    EXPECT_EQ(layouts->offset("runtime.mspan", "startAddr"), 24u);
    EXPECT_EQ(layouts->get("runtime.g", "stack.lo").size, 8u);
    EXPECT_GT(layouts->get_size("runtime.mheap"), 60000u);
    EXPECT_TRUE(layouts->constant("runtime.waitReasonChanReceive"));
  }
}

TEST(LayoutTable, HasTheDifferencesBetweenReleases) {
  for (int minor = kOldestMinor; minor <= kNewestMinor; ++minor) {
    const auto layouts = table(fmt::format("go1.{}.1", minor));
    EXPECT_EQ(layouts->get("runtime.mspan", "nelems").size, minor <= 21 ? 8u : 2u) << minor;
    EXPECT_EQ(layouts->find("runtime.mspan", "largeType").has_value(), minor >= 22) << minor;
    EXPECT_EQ(layouts->find("runtime.moduledata", "typelinks").has_value(), minor <= 26) << minor;
  }
}

TEST(LayoutTable, ResolvesNestedFields) {
  const auto layouts = table("go1.26.11");
  EXPECT_EQ(layouts->offset("runtime.g", "sched.sp"),
            layouts->offset("runtime.g", "sched") + layouts->offset("runtime.gobuf", "sp"));
  EXPECT_EQ(layouts->offset("runtime.mheap", "curArena.end"), layouts->offset("runtime.mheap", "curArena") + 8);
}

TEST(LayoutTable, ResolvesArrayElements) {
  const auto layouts = table("go1.26.11");
  const FieldLayout all = layouts->get("runtime.mheap", "central");
  const FieldLayout one = layouts->get("runtime.mheap", "central[]");
  EXPECT_EQ(one.offset, all.offset);
  EXPECT_EQ(all.size, 136 * one.size);
  EXPECT_EQ(layouts->offset("runtime.mheap", "central[].mcentral.partial"),
            all.offset + layouts->offset("runtime.mcentral", "partial"));
  EXPECT_EQ(layouts->get("runtime.p", "runq[]").size, 8u);
  EXPECT_FALSE(layouts->find("runtime.p", "runq[][]"));
  EXPECT_FALSE(layouts->find("runtime.p", "id[]"));
}

TEST(LayoutTable, ResolvesTypesOfVariables) {
  const auto layouts = table("go1.26.11");
  EXPECT_EQ(layouts->get_size("var:runtime.semtable[]"), 64u);
  EXPECT_EQ(layouts->offset("var:runtime.semtable[]", "root"), 0u);
  EXPECT_FALSE(layouts->find("var:runtime.noSuchVariable", "root"));
}

TEST(LayoutTable, AnswersToTheNamesOfOtherReleases) {
  for (const char* version : {"go1.19.13", "go1.20.14", "go1.21.13", "go1.27.4"}) {
    const auto layouts = table(version);
    for (const char* type : {"runtime._type", "internal/abi.Type"}) {
      EXPECT_EQ(layouts->offset(type, "ptrdata"), 8u) << version << " " << type;
      EXPECT_EQ(layouts->offset(type, "PtrBytes"), 8u) << version << " " << type;
      EXPECT_EQ(layouts->get_size(type), 48u) << version << " " << type;
    }
    EXPECT_EQ(layouts->offset("internal/abi.ITab", "Fun[]"), 24u);
    EXPECT_EQ(layouts->offset("internal/abi.ChanType", "Type.GCData"), 32u);
    EXPECT_EQ(layouts->offset("sync.Mutex", "sema"), 4u);
    EXPECT_EQ(layouts->offset("sync.Mutex", "mu.sema"), 4u);
    EXPECT_EQ(layouts->constant("runtime.funcID_goexit"), layouts->constant("internal/abi.FuncID_goexit"));
    EXPECT_TRUE(layouts->constant("internal/abi.FuncID_goexit"));
  }
}

TEST(LayoutTable, AbsentIsNulloptAndGetNamesWhatIsMissing) {
  const auto layouts = table("go1.19.13");
  EXPECT_FALSE(layouts->find("runtime.mspan", "largeType"));
  EXPECT_FALSE(layouts->find("runtime.mspan", ""));
  EXPECT_FALSE(layouts->find("runtime.mspan", "."));
  EXPECT_FALSE(layouts->find("", "startAddr"));
  EXPECT_FALSE(layouts->size_of("runtime.specialCleanup"));
  EXPECT_FALSE(layouts->constant("runtime._KindSpecialCleanup"));
  try {
    layouts->offset("runtime.mspan", "largeType");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "runtime.mspan has no field largeType in the layouts of table go1.19");
  }
}

TEST(LayoutTable, AppliesExperiments) {
  EXPECT_TRUE(table("go1.26.11")->find("runtime.spanInlineMarkBits", "marks"));
  EXPECT_FALSE(table("go1.26.11-X:nogreenteagc")->find("runtime.spanInlineMarkBits", "marks"));
  EXPECT_LT(table("go1.26.11-X:nogreenteagc")->offset("runtime.p", "timers"),
            table("go1.26.11")->offset("runtime.p", "timers"));
  EXPECT_FALSE(table("go1.25.14")->find("runtime.spanInlineMarkBits", "marks"));
  EXPECT_TRUE(table("go1.25.14 X:greenteagc")->find("runtime.spanInlineMarkBits", "marks"));
  EXPECT_FALSE(table("go1.24.13")->find("runtime.hmap", "buckets"));
  EXPECT_TRUE(table("go1.24.13 X:noswissmap")->find("runtime.hmap", "buckets"));
}

TEST(LayoutTable, AnExperimentKeepsTheFieldsThatItDoesNotMove) {
  const auto layouts = table("go1.26.11-X:nogreenteagc");
  EXPECT_EQ(layouts->get("runtime.p", "mcache"), table("go1.26.11")->get("runtime.p", "mcache"));
}

TEST(LayoutTable, KnowsWhatPatchReleasesChanged) {
  const auto last = table("go1.23.12");
  const auto earlier = table("go1.23.4");
  EXPECT_EQ(last->offset("runtime.m", "alllink"), earlier->offset("runtime.m", "alllink") + 24);
  EXPECT_TRUE(last->find("runtime.m", "allpSnapshot"));
  EXPECT_FALSE(earlier->find("runtime.m", "allpSnapshot"));
  EXPECT_EQ(table("go1.23.0")->get_size("runtime.timer") + 8, last->get_size("runtime.timer"));
  EXPECT_FALSE(table("go1.23.3")->constant("runtime.waitReasonGCWeakToStrongWait"));
  EXPECT_TRUE(table("go1.23.4")->constant("runtime.waitReasonGCWeakToStrongWait"));
}

TEST(LayoutTable, TakesAVersionWithoutPatchNumberAsTheFirstWhereReleasesWereNamedSo) {
  EXPECT_FALSE(table("go1.19")->find("runtime.mspan", "freeIndexForScan"));
  EXPECT_TRUE(table("go1.19.13")->find("runtime.mspan", "freeIndexForScan"));
  EXPECT_TRUE(table("go1.24")->find("runtime.m", "allpSnapshot"));
}

TEST(LayoutTable, ADevelopmentVersionCountsAsTheLastPatchRelease) {
  EXPECT_EQ(table("devel go1.23-0123456789")->offset("runtime.m", "alllink"),
            table("go1.23.12")->offset("runtime.m", "alllink"));
}

TEST(LayoutTable, AReleaseFromTheFutureGetsTheNewestTableAndSaysSo) {
  const auto layouts = table("go1.99.1");
  EXPECT_EQ(layouts->name(), "table go1.27 (the newest known)");
  EXPECT_EQ(layouts->get_size("runtime.mspan"), table("go1.27.4")->get_size("runtime.mspan"));
}

}  // namespace
}  // namespace holdfast::go
