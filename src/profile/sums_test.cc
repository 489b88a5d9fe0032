#include "profile/sums.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <map>

#include "profile/profile_for_tests.h"

namespace holdfast::profile {
namespace {

std::size_t site(const Sums& sums, std::string_view function, std::int64_t line = 0) {
  const auto found =
      std::ranges::find_if(sums.sites(), [&](const Site& one) { return one.function == function && one.line == line; });
  EXPECT_NE(found, sums.sites().end()) << function;
  return static_cast<std::size_t>(found - sums.sites().begin());
}

class SumsTest : public testing::Test {
 protected:
  SumsTest() {
    writer.sample_type("alloc_objects", "count");
    writer.sample_type("alloc_space", "bytes");
    writer.period("space", "bytes", 524288);
    inner = writer.function("main.inner", "/src/main.go");
    outer = writer.function("main.outer", "/src/main.go");
    writer.location(1, 0x1000, {{inner, 5}});
    writer.location(2, 0x2000, {{inner, 6}, {outer, 9}});  // inner is inlined into outer
    writer.location(3, 0x3000, {{outer, 10}});
    writer.location(4, 0x4000, {});
  }
  std::vector<FilteredProfile> only() const {
    std::vector<FilteredProfile> out;
    out.emplace_back(std::make_shared<const Profile>(writer.profile()));
    return out;
  }
  ProfileWriter writer;
  std::uint64_t inner = 0, outer = 0;
};

TEST_F(SumsTest, CountsRecursionOnce) {
  writer.sample({1, 3, 3, 3}, {1, 10});
  const std::vector<FilteredProfile> profiles = only();
  const Sums sums = sum_up(profiles, By::kFunction);
  EXPECT_EQ(sums.flat(site(sums, "main.inner"), 1), 10);
  EXPECT_EQ(sums.flat(site(sums, "main.outer"), 1), 0);
  EXPECT_EQ(sums.cumulative(site(sums, "main.outer"), 1), 10);
  EXPECT_EQ(sums.total(1), 10);
}

TEST_F(SumsTest, GivesWhatIsInlinedToTheInnermost) {
  writer.sample({2}, {2, 20});
  const std::vector<FilteredProfile> profiles = only();
  const Sums sums = sum_up(profiles, By::kFunction);
  EXPECT_EQ(sums.flat(site(sums, "main.inner"), 1), 20);
  EXPECT_EQ(sums.cumulative(site(sums, "main.outer"), 1), 20);
}

TEST_F(SumsTest, TellsLinesApart) {
  writer.sample({1}, {1, 10});
  writer.sample({2}, {1, 30});
  const std::vector<FilteredProfile> profiles = only();
  const Sums lines = sum_up(profiles, By::kLine);
  EXPECT_EQ(lines.flat(site(lines, "main.inner", 5), 1), 10);
  EXPECT_EQ(lines.flat(site(lines, "main.inner", 6), 1), 30);
  const Sums files = sum_up(profiles, By::kFile);
  ASSERT_EQ(files.sites().size(), 2U);  // the other is the address without a name
  EXPECT_EQ(files.flat(0, 1), 40);
}

TEST_F(SumsTest, StaysAtTheLimitAndEstimatesNothingBelowZero) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  writer.sample({1}, {1, kMost}, 100);
  writer.sample({1}, {1, kMost}, 100);
  writer.sample({3}, {-5, std::numeric_limits<std::int64_t>::min()}, 100);
  const std::vector<FilteredProfile> profiles = only();
  const Sums sums = sum_up(profiles, By::kFunction);
  EXPECT_EQ(sums.flat(site(sums, "main.inner"), 1), kMost);
  EXPECT_EQ(sums.total(1), kMost);
  const Estimate most = sums.estimate(site(sums, "main.inner"), 0);
  EXPECT_LE(most.least, most.most);
}

TEST_F(SumsTest, CallsWhatHasNoNameByItsAddress) {
  writer.sample({4}, {1, 10});
  const std::vector<FilteredProfile> profiles = only();
  const Sums sums = sum_up(profiles, By::kFunction);
  EXPECT_EQ(sums.flat(site(sums, "0x4000"), 1), 10);
}

// 4 MiB in objects of 1 KiB: each is recorded with a chance of 0.195 %, so 8 were, and a deviation of 35 % is usual.
TEST_F(SumsTest, SaysHowMuchAnEstimateIsWorth) {
  writer.sample({1}, {4096, 4 << 20}, 1024);
  writer.sample({3}, {4096000, std::int64_t{4096000} << 10}, 1024);
  writer.sample({4}, {3, 3 << 26}, 1 << 26);  // far larger than the period: never missed
  const std::vector<FilteredProfile> profiles = only();
  const Sums sums = sum_up(profiles, By::kFunction);
  const Estimate few = sums.estimate(site(sums, "main.inner"), 1);
  EXPECT_EQ(few.samples, 8U);
  EXPECT_NEAR(static_cast<double>(few.least) / (4 << 20), 3.4538 / 8, 0.01);
  EXPECT_NEAR(static_cast<double>(few.most) / (4 << 20), 15.763 / 8, 0.01);
  const Estimate many = sums.estimate(site(sums, "main.outer"), 0);
  EXPECT_NEAR(static_cast<double>(many.samples), 7992, 5);
  EXPECT_NEAR(static_cast<double>(many.least) / 4096000, 1 - 1.96 / std::sqrt(7992), 0.001);
  const Estimate large = sums.estimate(site(sums, "0x4000"), 1);
  EXPECT_NEAR(static_cast<double>(large.least), 3 << 26, 1 << 16);
  EXPECT_LE(static_cast<double>(large.most),
            (3 << 26) + 524288 * 3.7);  // so much may be there in objects that were not recorded
  const Estimate counted = sums.estimate(site(sums, "0x4000"), 0);
  EXPECT_EQ(counted.least, 3U);
  EXPECT_EQ(counted.most, 3U);
}

TEST(DropFramesTest, LeaveOutWhatTheProfileWantsLeftOut) {
  ProfileWriter writer;
  writer.sample_type("space", "bytes");
  writer.drop_frames("malloc|tcmalloc::.*", "tcmalloc::kept");
  const std::uint64_t malloc = writer.function("malloc(unsigned long)", "m.c"), copy = writer.function("copy", "m.c"),
                      inner = writer.function("tcmalloc::Inner", "t.cc"),
                      kept = writer.function("tcmalloc::kept", "t.cc"),
                      user = writer.function("(anonymous namespace)::User", "u.cc");
  writer.location(1, 0x1000, {{copy, 1}});
  writer.location(2, 0x2000, {{malloc, 2}});
  writer.location(3, 0x3000, {{inner, 3}, {user, 4}});
  writer.location(4, 0x4000, {{kept, 5}});
  writer.sample({1, 2, 4}, {1});      // malloc and what it calls go
  writer.sample({1, 2, 3, 4}, {10});  // so does what was inlined into its caller
  writer.sample({1, 2}, {100});       // nobody calls malloc: it stays
  const Profile profile = writer.profile();
  const Sums sums = sum_up(profile, By::kFunction);
  std::map<std::string, std::int64_t> flat;
  for (std::size_t site = 0; site < sums.sites().size(); ++site)
    flat[sums.sites()[site].function] += sums.flat(site, 0);
  EXPECT_EQ(flat["tcmalloc::kept"], 1);
  EXPECT_EQ(flat["(anonymous namespace)::User"], 10);
  EXPECT_EQ(flat["copy"], 100);
}

}  // namespace
}  // namespace holdfast::profile
