#include "view/collector_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast::view {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t kMega = 1 << 20;

// Six cycles, one a second, in which what lives grows by 2 MiB; captures were taken behind the second and the fifth.
NamedSeries source(const std::string& name) {
  NamedSeries out{name, {}, {}};
  for (std::uint64_t i = 1; i <= 6; ++i) {
    collector::Cycle cycle;
    cycle.number = i;
    cycle.since_start = i * 1'000'000'000;
    cycle.live = 2 * i * kMega;
    cycle.heap_at_end = (2 * i + 3) * kMega;
    cycle.paused = 2'000'000;
    out.series.cycles.push_back(cycle);
  }
  out.marks =
      collector::place_marks(out.series, {{.name = "a.hold", .cycles = 2}, {.name = "b.hold", .cycles = 5}}, {});
  return out;
}

std::size_t column(const Table& table, std::string_view name) {
  const auto found = std::ranges::find(table.shape.columns, name, &Column::name);
  return static_cast<std::size_t>(found - table.shape.columns.begin());
}

TEST(CollectorTable, HasTheCyclesOfAllSources) {
  const auto one = std::make_shared<const std::vector<NamedSeries>>(std::vector{source("x")});
  const Table table = collector_table(one);
  EXPECT_EQ(table.rows, 6U);
  EXPECT_EQ(std::get<std::uint64_t>(table.cell(3, column(table, "garbage"))), 3 * kMega);
  const auto two = std::make_shared<const std::vector<NamedSeries>>(std::vector{source("x"), source("y")});
  EXPECT_EQ(collector_table(two).rows, 12U);
}

TEST(CollectorTable, SaysWhatLinesItCouldNotRead) {
  NamedSeries broken = source("x");
  broken.series.broken_lines = 1;
  broken.series.other_lines = 2;
  EXPECT_THAT(collector_table(std::make_shared<const std::vector<NamedSeries>>(std::vector{broken})).remark,
              testing::AllOf(HasSubstr("2 lines of others"), HasSubstr("1 line begins")));
}

TEST(CollectorSummary, TellsGrowthAndGarbage) {
  EXPECT_THAT(collector_summary(source("x").series),
              testing::AllOf(Contains(HasSubstr("grows by 2.0 MiB a cycle")), Contains(HasSubstr("3.0 MiB a cycle"))));
}

TEST(CollectorSummary, TellsHowFarFromItsGoalTheHeapEnded) {
  collector::Series series = source("x").series;
  series.cycles[0].pacing = {.used_percent = 31, .wanted_percent = 25, .off_goal = -4096};
  series.cycles[1].pacing = {.used_percent = 28, .wanted_percent = 25, .off_goal = 3 << 20};
  EXPECT_THAT(
      collector_summary(series),
      Contains("Pacer, 2 cycles: a cycle took at most 31 % of the processors' time, where 25 % are wanted; 1 ended "
               "above the goal, by 3.0 MiB at most."));
}

TEST(MarksSummary, TellsWhenEachWasTakenAndWhatHappenedInBetween) {
  EXPECT_THAT(marks_summary(source("x")),
              ElementsAre("1. a.hold was taken after cycle 2, by its number of cycles.",
                          "Between 1 and 2: 3 cycles; live 4.0 MiB, then 10.0 MiB; 9.0 MiB of garbage; paused for "
                          "6 ms.",
                          "2. b.hold was taken after cycle 5, by its number of cycles."));
}

TEST(MarksSummary, SaysWhyOneHasNoPlaceAndWhereNothingWasCollected) {
  NamedSeries odd = source("x");
  odd.marks = collector::place_marks(
      odd.series, {{.name = "p", .at = 5}, {.name = "a", .cycles = 2}, {.name = "b", .cycles = 2}}, {});
  EXPECT_THAT(marks_summary(odd),
              ElementsAre(HasSubstr("1. a was taken"), HasSubstr("no cycle ended"), HasSubstr("2. b was taken"),
                          HasSubstr("3. p has no place here: it has only")));
}

}  // namespace
}  // namespace holdfast::view
