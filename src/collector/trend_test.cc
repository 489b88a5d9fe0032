#include "collector/trend.h"

#include <gtest/gtest.h>

namespace holdfast::collector {
namespace {

constexpr Bytes kMega = 1 << 20;

// One cycle a second.
Series series_with(const std::vector<Bytes>& live) {
  Series series;
  for (const Bytes one : live) {
    Cycle cycle;
    cycle.number = series.cycles.size() + 1;
    cycle.since_start = cycle.number * 1'000'000'000;
    cycle.live = one * kMega;
    cycle.heap_at_end = (one + 2) * kMega;
    cycle.goal = one * kMega * 2;
    cycle.paused = cycle.number * 1000;
    series.cycles.push_back(cycle);
  }
  return series;
}

TEST(Trend, IsAStraightLine) {
  const Trend trend = trend_of(series_with({10, 12, 14, 16, 18, 20}));
  ASSERT_TRUE(trend.live_per_cycle && trend.live_per_second);
  EXPECT_DOUBLE_EQ(trend.live_per_cycle->per_step, 2.0 * kMega);
  EXPECT_NEAR(trend.live_per_cycle->error, 0, 1);
  EXPECT_NEAR(trend.live_per_second->per_step, 2.0 * kMega, 1);
  EXPECT_TRUE(trend.grows);
  EXPECT_EQ(trend.garbage_per_cycle, 2 * kMega);
  EXPECT_EQ(trend.span, 5'000'000'000U);
  EXPECT_EQ(trend.longest_pause_in, 6U);
  EXPECT_EQ(trend.all_pauses, 21'000U);
}

TEST(Trend, DoesNotCallNoiseGrowth) {
  EXPECT_FALSE(trend_of(series_with({10, 12, 9, 11, 12, 10, 11})).grows);
  EXPECT_FALSE(trend_of(series_with({10, 12})).grows);
  // A straight line through them rises, so does one through the last half.
  EXPECT_FALSE(trend_of(series_with({3, 8, 9, 11, 9, 10, 10, 10, 11, 11, 11, 12, 12, 12})).grows);
  EXPECT_FALSE(trend_of(series_with({})).live_per_cycle);
  // Rises to the end, but by no more than what a cycle may find by chance: neither growth nor filling up.
  Series small = series_with({0, 1, 2, 3, 4, 5});
  for (Cycle& cycle : small.cycles) *cycle.live = 10 * kMega + *cycle.live / 2;
  EXPECT_FALSE(trend_of(small).grows || trend_of(small).grew_at_first);
}

TEST(Trend, SeesSlowGrowthInManyCycles) {
  Series slow = series_with(std::vector<Bytes>(60, 10));
  for (Cycle& cycle : slow.cycles) *cycle.live += cycle.number * kMega / 20;
  EXPECT_TRUE(trend_of(slow).grows);
}

TEST(Trend, TellsFillingUpFromGrowth) {
  const Trend trend = trend_of(series_with({3, 8, 12, 20, 20, 21, 20, 20, 20, 20}));
  EXPECT_FALSE(trend.grows);
  EXPECT_TRUE(trend.grew_at_first);
}

TEST(Trend, SeesThatThereIsNoRoom) {
  Series series = series_with({30, 30, 30, 30});
  EXPECT_EQ(trend_of(series).cramped, 0U);
  for (Cycle& cycle : series.cycles) cycle.goal = 31 * kMega;
  EXPECT_EQ(trend_of(series).cramped, 3U);
}

TEST(Trend, DrawsNoLineThroughSeveralProcesses) {
  Series series = series_with({10, 12, 14, 16});
  series.restarts = 1;
  EXPECT_FALSE(trend_of(series).live_per_cycle);
}

}  // namespace
}  // namespace holdfast::collector
