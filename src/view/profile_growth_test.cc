#include "view/profile_growth.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.h"
#include "profile/profile_for_tests.h"
#include "view/profile_table_for_tests.h"

namespace holdfast::view {
namespace {

using profile::ProfileWriter;
using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;

// At so many seconds, functions of these names have so much in use, in pieces of 64 KiB.
struct Step {
  std::int64_t seconds = 0;
  std::vector<std::pair<std::string, std::int64_t>> in_use;
  std::optional<std::uint64_t> cycles = {};
};

Profiles ladder(const std::vector<Step>& steps) {
  std::vector<profile::FilteredProfile> out;
  for (const Step& step : steps) {
    ProfileWriter writer;
    for (const char* name : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"})
      writer.sample_type(name, std::string(name).ends_with("space") ? "bytes" : "count");
    writer.period("space", "bytes", 524288);
    writer.time((1'700'000'000 + step.seconds) * kSecond);
    std::uint64_t location = 0;
    for (const auto& [name, bytes] : step.in_use) {
      ++location;
      writer.location(location, location, {{writer.function(name, "/src/" + name + ".go"), 1}});
      const std::int64_t allocated = (step.seconds + 1) << 30;  // counters only rise
      writer.sample({location}, {allocated >> 16, allocated, bytes >> 16, bytes}, 1 << 16);
    }
    profile::Profile profile = writer.profile();
    if (step.cycles) profile.set_gc_cycles(*step.cycles);
    out.emplace_back(std::make_shared<const profile::Profile>(std::move(profile)));
  }
  return std::make_shared<const std::vector<profile::FilteredProfile>>(std::move(out));
}

TEST(ProfileDiff, SaysWhatGrewAndWhatMayBeChance) {
  const Profiles both = ladder({{0, {{"leak", 64 << 20}, {"less", 128 << 20}, {"same", 1 << 20}}},
                                {10, {{"leak", 128 << 20}, {"less", 64 << 20}, {"same", 1 << 20}, {"new", 64 << 10}}}});
  const Table table = profile_diff_table(both, {});
  EXPECT_EQ(table.rows, 3U) << "what is the same has no row";
  EXPECT_EQ(cell_of(table, "leak", "growth"), Cell(std::int64_t{64} << 20));
  EXPECT_EQ(cell_of(table, "leak", "verdict"), Cell("grew"));
  EXPECT_EQ(cell_of(table, "less", "verdict"), Cell("shrank"));
  EXPECT_EQ(cell_of(table, "new", "verdict"), Cell("chance"));
  EXPECT_FALSE(table.below) << "there is one step only";
}

TEST(ProfileDiff, ShowsEachStepOfSeveral) {
  const Table table =
      profile_diff_table(ladder({{0, {{"leak", 1 << 20}}}, {1, {{"leak", 3 << 20}}}, {2, {{"leak", 2 << 20}}}}), {});
  EXPECT_EQ(cell_of(table, "leak", "rises"), Cell(std::uint64_t{1}));
  ASSERT_TRUE(table.below);
  EXPECT_EQ(table.below->rows(0), 3U);
  EXPECT_EQ(table.below->cell(0, 2, 1), Cell(std::int64_t{2} << 20));
  EXPECT_EQ(table.below->cell(0, 2, 2), Cell(std::int64_t{-1} * (1 << 20)));
}

// Six profiles, 10 s apart. A cache fills up and stays, a leak goes on.
TEST(ProfileLadder, TellsWarmingUpFromLeaking) {
  std::vector<Step> steps;
  for (std::int64_t i = 0; i < 6; ++i)
    steps.push_back({i * 10,
                     {{"leak", (4 + 10 * i) << 20},
                      {"cache", std::min<std::int64_t>(i, 2) << 26},
                      {"same", 9 << 20},
                      {"jitter", (i % 2) << 16},
                      {"less", (128 - i * 16) << 20}}});
  std::swap(steps[1], steps[4]);  // as a shell may name them
  const Table table = profile_ladder_table(ladder(steps), {});
  EXPECT_EQ(cell_of(table, "leak", "course"), Cell("rises"));
  EXPECT_EQ(cell_of(table, "leak", "pace"), Cell(std::int64_t{1} << 20));
  EXPECT_EQ(cell_of(table, "leak", "rises"), Cell(std::uint64_t{5}));
  EXPECT_EQ(cell_of(table, "cache", "course"), Cell("warmed up"));
  EXPECT_EQ(cell_of(table, "cache", "pace"), Cell());
  EXPECT_EQ(cell_of(table, "same", "course"), Cell("stays"));
  EXPECT_EQ(cell_of(table, "jitter", "course"), Cell("chance"));
  EXPECT_EQ(cell_of(table, "less", "course"), Cell("falls"));
  EXPECT_THAT(table.remark, HasSubstr("over 6 profiles in 50.0 s: 1 place rises at every step"));
}

TEST(ProfileLadder, SaysWhatGrowsWithEachCollection) {
  std::vector<Step> steps;
  for (std::int64_t i = 0; i < 6; ++i)
    steps.push_back({i * 10, {{"leak", (4 + 12 * i) << 20}, {"same", 9 << 20}}, static_cast<std::uint64_t>(7 + 3 * i)});
  const Table table = profile_ladder_table(ladder(steps), {});
  EXPECT_EQ(cell_of(table, "leak", "per_cycle"), Cell(std::int64_t{4} << 20));
  EXPECT_EQ(cell_of(table, "same", "per_cycle"), Cell());
  EXPECT_THAT(table.remark, HasSubstr("15 collections ended meanwhile"));
  steps[3].cycles.reset();  // the one in the middle
  const Table half = profile_ladder_table(ladder(steps), {});
  EXPECT_EQ(cell_of(half, "leak", "per_cycle"), Cell());
  for (Step& step : steps) step.cycles.reset();
  EXPECT_THAT(profile_ladder_table(ladder(steps), {}).remark, HasSubstr("do not count collections"));
}

TEST(ProfileLadder, NeedsThreeOfDifferentTimes) {
  EXPECT_THROW(profile_ladder_table(ladder({{0, {}}, {1, {}}}), {}), Error);
  EXPECT_THROW(profile_ladder_table(ladder({{0, {}}, {1, {}}, {1, {}}}), {}), Error);
}

}  // namespace
}  // namespace holdfast::view
