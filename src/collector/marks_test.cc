#include "collector/marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace holdfast::collector {
namespace {

using testing::HasSubstr;

constexpr Ns kSecond = 1'000'000'000, kMs = 1'000'000;
constexpr Ns kStart = 1'795'886'400 * kSecond;
constexpr Bytes kMegabyte = 1 << 20;

// Cycles 1 to `count` of gctrace, one a second: each runs for 10 ms, finds 2 MiB of garbage, and as many MiB alive as
// its number says.
Series series_of(std::uint64_t count) {
  Series series;
  for (std::uint64_t i = 1; i <= count; ++i) {
    Cycle cycle;
    cycle.number = i;
    cycle.since_start = i * kSecond;
    cycle.mark = 9 * kMs;
    cycle.paused = kMs;
    cycle.live = i * kMegabyte;
    cycle.heap_at_end = (i + 2) * kMegabyte;
    cycle.forced = i == 3;
    cycle.cpu = CycleCpu{.background = 5 * kMs};
    series.cycles.push_back(cycle);
  }
  return series;
}

Mark only_mark(const Series& series, const Taken& taken, std::optional<Ns> started = std::nullopt) {
  return place_marks(series, {taken}, started).in_order.at(0);
}

TEST(Marks, TheNumberOfCyclesIsAPlace) {
  const Mark mark = only_mark(series_of(5), {.name = "a", .cycles = 3});
  EXPECT_EQ(mark.ended, 3U);
  EXPECT_FALSE(mark.by_time || mark.outside || mark.since_start);
}

TEST(Marks, BeforeTheFirstCycleAndBehindTheLastMoreMayHaveBeen) {
  Series series = series_of(9);
  series.cycles.erase(series.cycles.begin(), series.cycles.begin() + 4);  // 5 to 9
  const auto place = [&](std::uint64_t cycles) {
    const Mark mark = only_mark(series, {.name = "a", .cycles = cycles});
    return std::pair(*mark.ended, mark.outside);
  };
  EXPECT_EQ(place(3), std::pair(std::size_t{0}, true));
  EXPECT_EQ(place(4), std::pair(std::size_t{0}, false));
  EXPECT_EQ(place(9), std::pair(std::size_t{5}, false));
  EXPECT_EQ(place(10), std::pair(std::size_t{5}, true));
}

TEST(Marks, ATimeOfDayNeedsTheStartOfTheProcess) {
  const Taken profile{.name = "p", .at = kStart + 2 * kSecond + 5 * kMs};
  const Mark lost = only_mark(series_of(5), profile);
  EXPECT_FALSE(lost.ended);
  EXPECT_THAT(lost.problem, HasSubstr("--start"));
  const Mark found = only_mark(series_of(5), profile, kStart);
  EXPECT_EQ(found.ended, 1U);  // the second one was still running
  EXPECT_TRUE(found.by_time);
  EXPECT_EQ(found.since_start, 2 * kSecond + 5 * kMs);
  EXPECT_EQ(only_mark(series_of(5), {.name = "p", .at = kStart + 2 * kSecond + 11 * kMs}, kStart).ended, 2U);
  EXPECT_FALSE(only_mark(series_of(5), {.name = "p", .at = kStart - 1}, kStart).ended);
}

TEST(Marks, ACaptureSaysForAProfileWhenTheProcessBegan) {
  const Taken profile{.name = "p", .at = kStart + 3500 * kMs};
  const Taken capture{.name = "c", .cycles = 2, .at = kStart + 2700 * kMs, .last_ended = kStart + 2010 * kMs};
  const Marks marks = place_marks(series_of(5), {profile, capture}, std::nullopt);
  EXPECT_EQ(marks.started, kStart);
  EXPECT_EQ(marks.started_from, "c");
  ASSERT_EQ(marks.in_order.size(), 2U);
  EXPECT_EQ(marks.in_order[0].name, "c");
  EXPECT_EQ(marks.in_order[0].since_start, 2700 * kMs);
  EXPECT_EQ(marks.in_order[1].ended, 3U);
}

// A second that a user says is not as exact as a capture, and does not make that one of another process.
TEST(Marks, AWholeSecondIsNoOtherProcess) {
  const Taken capture{.name = "c", .cycles = 2, .at = kStart + 2700 * kMs, .last_ended = kStart + 2010 * kMs};
  const Marks marks = place_marks(series_of(5), {capture}, kStart - 900 * kMs);
  EXPECT_EQ(marks.started, kStart);
  EXPECT_EQ(marks.in_order.at(0).ended, 2U);
}

TEST(Marks, CyclesWithATimeOfDayNeedNoStart) {
  Series series = series_of(3);
  for (Cycle& cycle : series.cycles) {
    cycle.ended = kStart + *cycle.since_start;
    cycle.since_start.reset();
  }
  EXPECT_EQ(only_mark(series, {.name = "p", .at = kStart + 2500 * kMs}).ended, 2U);
}

TEST(Marks, AnotherProcessHasNoPlace) {
  const Taken other{.name = "c", .cycles = 2, .at = kStart, .last_ended = kStart + 9 * kSecond};
  EXPECT_THAT(only_mark(series_of(5), other, kStart).problem, HasSubstr("another process"));
  Series several = series_of(5);
  several.restarts = 1;
  EXPECT_THAT(only_mark(several, {.name = "a", .cycles = 3}).problem, HasSubstr("several processes"));
  Series trace = series_of(5);
  trace.counts_from_trace = true;
  EXPECT_THAT(only_mark(trace, {.name = "a", .cycles = 3}).problem, HasSubstr("execution trace"));
  EXPECT_THAT(only_mark(series_of(5), {.name = "a"}).problem, HasSubstr("neither"));
}

TEST(Marks, BetweenTwoIsWhatTheCollectorDid) {
  const Between what = between(series_of(5), 1, 4);
  EXPECT_EQ(what.cycles, 3U);
  EXPECT_EQ(what.forced, 1U);
  EXPECT_EQ(what.live_before, kMegabyte);
  EXPECT_EQ(what.live_after, 4 * kMegabyte);
  EXPECT_EQ(what.garbage, 6 * kMegabyte);
  EXPECT_EQ(what.paused, 3 * kMs);
  EXPECT_EQ(what.cpu, 15 * kMs);
  EXPECT_FALSE(between(series_of(5), 0, 0).live_after);
}

}  // namespace
}  // namespace holdfast::collector
