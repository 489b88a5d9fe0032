#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;
using view::Confidence;

struct Timers {
  int count = 2000;
  std::uint64_t period_ns = 0;
  std::int64_t due_in_ns = 3'600'000'000'000;
  bool held = false;  // somebody else has them
  bool stopped = false;
  std::vector<std::string_view> makers = {};  // of every hundredth each, in turn
};

// A list of timers that the runtime has.
view::Report report_of_timers(const Timers& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const auto list = heap.object(8 * static_cast<std::uint64_t>(asked.count));
  heap.refer(heap.root(heap::RootKind::kGlobal, "runtime.allp"), list);
  const RootId owner = heap.root(heap::RootKind::kGlobal, "main.timers");
  std::vector<HeapBuilder::Handle> timers, channels;
  for (int i = 0; i < asked.count; ++i) {
    timers.push_back(heap.object(96));
    channels.push_back(heap.leaf(112));
    heap.edge(list, 8 * static_cast<std::uint64_t>(i), timers.back()).edge(timers.back(), 0, channels.back());
    if (asked.held) heap.refer(owner, timers.back());
    const auto turn = static_cast<std::size_t>(i / 100);
    if (i % 100 == 0 && !asked.makers.empty())
      heap.sample(timers.back(), {"time.NewTimer", asked.makers[turn % asked.makers.size()]});
  }
  heap::Snapshot snapshot = heap.build();
  for (int i = 0; i < asked.count; ++i) {
    heap::Timer timer;
    timer.object = heap.id(timers[static_cast<std::size_t>(i)]);
    timer.argument = heap.id(channels[static_cast<std::size_t>(i)]);
    timer.kind = heap::TimerKind::kChannel;
    timer.period_ns = asked.period_ns;
    timer.due_known = !asked.stopped;
    timer.due_in_ns = asked.stopped ? 0 : asked.due_in_ns;
    timer.stopped = asked.stopped;
    snapshot.timers.push_back(timer);
  }
  std::ranges::sort(snapshot.timers);
  snapshot.actors = {{heap.id(list), heap::ActorKind::kTimerList}};
  return report_of(snapshot);
}

TEST(TimersPending, NamesTickersAndTimersThatNobodyHas) {
  const view::Report timers = report_of_timers({}), tickers = report_of_timers({.count = 200, .period_ns = 1000});
  const view::Finding* finding = find(timers, "timers-pending");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "2,000 timers wait until they are due, and nobody refers to them any more");
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_EQ(finding->bytes, 2000U * (96 + 112));
  ASSERT_NE(find(tickers, "timers-pending"), nullptr);
  EXPECT_EQ(find(tickers, "timers-pending")->title.full,
            "200 tickers tick on for ever, and nobody refers to them any more");
}

TEST(TimersPending, TellsThoseApartThatWereMadeAtDifferentPlaces) {
  const view::Report report =
      report_of_timers({.count = 4000, .makers = {"main.poll", "main.retry", "main.poll", "main.poll"}});
  std::vector<std::string> titles;
  for (const view::Finding& finding : report.findings)
    if (finding.id == "timers-pending") {
      titles.push_back(finding.title.full);
      EXPECT_EQ(finding.bytes, finding.count * (96 + 112));
      EXPECT_THAT(finding.because.full, ::testing::HasSubstr(finding.count == 3000 ? "at main.poll" : "at main.retry"));
    }
  EXPECT_THAT(titles,
              ::testing::ElementsAre("about 3,000 timers wait until they are due, and nobody refers to them any more",
                                     "about 1,000 timers wait until they are due, and nobody refers to them any more"));
}

TEST(TimersPending, FewSamplesTellNothingApart) {
  const view::Report report =
      report_of_timers({.count = 800, .period_ns = 1000, .makers = {"main.poll", "main.retry"}});
  ASSERT_NE(find(report, "timers-pending"), nullptr);
  EXPECT_EQ(find(report, "timers-pending")->count, 800U);
}

TEST(TimersPending, LeavesThoseAloneThatAreInUseStoppedSoonDueOrFew) {
  for (const Timers& asked : {Timers{.held = true}, Timers{.stopped = true}, Timers{.due_in_ns = 1'000'000'000},
                              Timers{.count = 900}, Timers{.count = 50, .period_ns = 1000}})
    EXPECT_EQ(find(report_of_timers(asked), "timers-pending"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
