#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;
using view::Confidence;

struct Selects {
  std::uint64_t step = 10;    // between ids
  bool has_answer = false;    // somebody else has the other channel
  bool has_deadline = false;  // the context ends by itself
  bool only_context = false;  // they wait for nothing else
};

// 30 goroutines in a select for a channel of their own and the Done of a context that a variable has.
view::Report report_of_selects(const Selects& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId value = heap.structure("sync/atomic.Value", 16, {});
  const TypeId context = heap.structure(asked.has_deadline ? "context.timerCtx" : "context.cancelCtx", 64,
                                        {{"Context", {}, 0}, {"done", value, 24}});
  const auto parent = heap.object(64, context), done = heap.leaf(96);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.base"), parent);
  heap.edge(parent, 24, done);
  const RootId group = heap.group(WaitReason::kSelect, "main.ask");
  std::vector<HeapBuilder::Handle> answers;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    answers.push_back(heap.leaf(96));
    heap.refer(goroutine, answers.back()).refer(goroutine, done).refer(goroutine, heap.leaf(10 << 10));
    const GoroutineId id = heap.goroutine(20 + i * asked.step, GoroutineState::kWaiting, WaitReason::kSelect, goroutine,
                                          {"runtime.gopark", "main.ask"});
    heap.snapshot().roots[goroutine.row].goroutine = id;
  }
  if (asked.has_answer)
    for (const auto answer : answers) heap.refer(heap.root(heap::RootKind::kGlobal, "main.asked"), answer);
  heap::Snapshot snapshot = heap.build();
  for (std::uint32_t i = 0; i < 30; ++i) {
    if (!asked.only_context) snapshot.wake_ups.push_back({GoroutineId(i), heap.id(answers[i]), {}, {}});
    snapshot.wake_ups.push_back({GoroutineId(i), heap.id(done), {}, {}});
  }
  std::ranges::sort(snapshot.wake_ups);
  return report_of(snapshot);
}

TEST(WaitsForContext, NamesThoseThatNothingElseCanWake) {
  const view::Report report = report_of_selects({});
  const view::Finding* finding = find(report, "waits-for-context");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "30 goroutines blocked in select at main.ask until a context is cancelled");
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_EQ(finding->count, 30U);
  EXPECT_GE(finding->bytes, std::uint64_t{30} * (10 << 10));
}

TEST(WaitsForContext, IsOnlyPossibleOfThoseThatWereMadeInOneGo) {
  const view::Report report = report_of_selects({.step = 1});
  const view::Finding* finding = find(report, "waits-for-context");
  EXPECT_TRUE(finding == nullptr || finding->confidence == Confidence::kPossible);
}

TEST(WaitsForContext, LeavesThoseAloneThatSomebodyOrTimeCanWake) {
  EXPECT_EQ(find(report_of_selects({.has_answer = true}), "waits-for-context"), nullptr);
  EXPECT_EQ(find(report_of_selects({.has_deadline = true}), "waits-for-context"), nullptr);
  EXPECT_EQ(find(report_of_selects({.only_context = true}), "waits-for-context"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
