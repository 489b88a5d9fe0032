#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;
using view::Finding;

struct Calls {
  int count = 500;
  std::int64_t due_in_ns = 3'600'000'000'000;
  bool stopped = false;
  bool held = false;  // somebody else has what they keep
  const char* function = "main.serve.func1";
};

// Timers, each of which has a function value with 10 KiB.
view::Report report_of_calls(const Calls& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const auto list = heap.object(8 * static_cast<std::uint64_t>(asked.count));
  heap.refer(heap.root(heap::RootKind::kGlobal, "runtime.allp"), list);
  const RootId owner = heap.root(heap::RootKind::kGlobal, "main.requests");
  std::vector<HeapBuilder::Handle> timers, values;
  for (int i = 0; i < asked.count; ++i) {
    timers.push_back(heap.object(96));
    values.push_back(heap.object(16));
    const auto request = heap.leaf(10 << 10);
    heap.edge(list, 8 * static_cast<std::uint64_t>(i), timers.back()).edge(timers.back(), 0, values.back());
    heap.edge(values.back(), 8, request);
    if (asked.held) heap.refer(owner, request);
  }
  heap::Snapshot snapshot = heap.build();
  for (std::size_t i = 0; i < timers.size(); ++i) {
    heap::Timer timer;
    timer.object = heap.id(timers[i]);
    timer.argument = heap.id(values[i]);
    timer.kind = heap::TimerKind::kFunction;
    timer.due_known = true;
    timer.due_in_ns = asked.due_in_ns;
    timer.stopped = asked.stopped;
    timer.calls = snapshot.strings.add(asked.function);
    if (asked.stopped) timer.due_known = false, timer.due_in_ns = 0;
    snapshot.timers.push_back(timer);
  }
  std::ranges::sort(snapshot.timers);
  snapshot.actors = {{heap.id(list), heap::ActorKind::kTimerList}};
  return report_of(snapshot);
}

TEST(PendingCalls, NamesTheFunctionAndWhatItKeeps) {
  const view::Report report = report_of_calls({});
  const Finding* const finding = find(report, "pending-calls");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_GE(finding->bytes, 500U * (10 << 10));
  EXPECT_THAT(finding->title.full, HasSubstr("500 timers are to call main.serve.func1 within 1 h"));
}

TEST(PendingCalls, KnowsDeadlinesOfContexts) {
  const view::Report report = report_of_calls({.function = "context.WithDeadlineCause.func2"});
  const Finding* const finding = find(report, "pending-calls");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, HasSubstr("500 contexts with deadlines"));
}

TEST(PendingCalls, LeavesThoseAloneThatAreStoppedSoonDueFewOrHeldByOthers) {
  for (const Calls& asked :
       {Calls{.stopped = true}, Calls{.due_in_ns = 1'000'000'000}, Calls{.count = 99}, Calls{.held = true}})
    EXPECT_EQ(find(report_of_calls(asked), "pending-calls"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
