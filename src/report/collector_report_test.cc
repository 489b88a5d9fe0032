#include "report/collector_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace holdfast::report {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr std::uint64_t kMega = 1 << 20;

// What lives rises from 1 to 4 MiB in four seconds; behind the second cycle a capture was taken.
view::NamedSeries rising() {
  view::NamedSeries out{"a<b", {}, {}};
  for (std::uint64_t i = 1; i <= 4; ++i) {
    collector::Cycle cycle;
    cycle.number = i;
    cycle.since_start = i * 1'000'000'000;
    cycle.live = i * kMega;
    cycle.heap_at_start = (i + 4) * kMega;
    cycle.goal = 8 * kMega;
    out.series.cycles.push_back(cycle);
  }
  out.marks = collector::place_marks(out.series, {{.name = "c.hold", .cycles = 2}, {.name = "p", .at = 7}}, {});
  return out;
}

std::string row(const std::string& chart, std::size_t number) {
  std::size_t begin = 0;
  for (; number > 0; --number) begin = chart.find('\n', begin) + 1;
  return chart.substr(begin, chart.find('\n', begin) - begin);
}

TEST(HeapChart, ShowsWhatLivesBelowTheHeap) {
  const std::string chart = heap_chart(rising(), kEndless);
  EXPECT_THAT(row(chart, 0), HasSubstr("8.0 MiB"));
  EXPECT_THAT(row(chart, 0), Not(HasSubstr("#")));  // of 8 MiB 4 lived at the end
  EXPECT_THAT(row(chart, 7), testing::MatchesRegex(" +0 B #+"));
  EXPECT_THAT(chart, HasSubstr("# live"));
}

TEST(HeapChart, HasTheNumberOfAMarkBetweenItsCycles) {
  const std::string chart = heap_chart(rising(), kEndless);
  const std::string marks = row(chart, 8), ground = row(chart, 7);
  ASSERT_THAT(marks, HasSubstr("taken"));
  const std::size_t first = ground.find('#'), last = ground.rfind('#');
  EXPECT_NEAR(static_cast<double>(marks.find('1') - first) / static_cast<double>(last - first), 0.5, 0.02);
  EXPECT_THAT(marks, Not(HasSubstr("2")));  // it has no place
}

TEST(HeapChart, NeedsTwoCycles) {
  view::NamedSeries one = rising();
  one.series.cycles.resize(1);
  one.marks = {};
  EXPECT_EQ(heap_chart(one, kEndless), "");
}

TEST(HeapPicture, IsMarkupWithAllOfIt) {
  const std::string picture = heap_picture(rising());
  EXPECT_TRUE(picture.starts_with("<svg") && picture.ends_with("</svg>\n"));
  EXPECT_THAT(picture, HasSubstr("a&lt;b"));
  EXPECT_THAT(picture, HasSubstr(">1<title>c.hold</title>"));
  EXPECT_THAT(picture, Not(HasSubstr("<title>p</title>")));
}

TEST(CollectorJson, HasMarksAndWhatCameBeforeEach) {
  view::NamedSeries source = rising();
  source.marks = collector::place_marks(source.series, {{.name = "a", .cycles = 1}, {.name = "b", .cycles = 3}}, {});
  const auto marks = collector_json({source})["sources"][0]["marks"];
  ASSERT_EQ(marks.size(), 2U);
  EXPECT_EQ(marks[0]["cycle"], 1);
  EXPECT_TRUE(marks[0]["since_mark"].is_null());
  EXPECT_EQ(marks[1]["since_mark"]["cycles"], 2);
  EXPECT_EQ(marks[1]["since_mark"]["live_after"], 3 * kMega);
}

}  // namespace
}  // namespace holdfast::report
