#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;

struct Workers {
  std::uint64_t step = 10;  // between ids
  const char* finalizer = "main.(*cache).close";
  bool somebody_else = false;  // has the caches, too
  bool sends = false;          // they wait for others, not for time
};

// 30 goroutines that sleep, each with an object that has a finalizer.
view::Report report_of_workers(const Workers& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const WaitReason reason = asked.sends ? WaitReason::kChanSend : WaitReason::kSleep;
  const TypeId cache = heap.structure("main.cache", 64, {{"entries", {}, 0}});
  const RootId group = heap.group(reason, "main.sweep");
  const RootId finalizers = heap.group(RootKind::kFinalizer);
  std::vector<std::pair<RootId, HeapBuilder::Handle>> about;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const RootId root = heap.root(RootKind::kGoroutine, "", group);
    const auto object = heap.object(64, cache);
    heap.refer(root, object).edge(object, 0, heap.leaf(10 << 10));
    heap.goroutine(20 + i * asked.step, GoroutineState::kWaiting, reason, root, {"time.Sleep", "main.sweep"});
    about.emplace_back(heap.root(RootKind::kFinalizer, asked.finalizer, finalizers), object);
    if (asked.somebody_else) heap.refer(heap.root(RootKind::kGlobal, "main.caches"), object);
  }
  for (const auto& [root, object] : about) heap.snapshot().roots[root.row].about = heap.id(object);
  return report_of(heap.build());
}

TEST(FinalizerOfWorker, NamesWhatNeverRuns) {
  const view::Report report = report_of_workers({});
  const view::Finding* finding = find(report, "finalizer-of-worker");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full,
            "the finalizer main.(*cache).close of 30 × main.cache never runs: 30 goroutines at main.sweep hold them");
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_GE(finding->bytes, std::uint64_t{30} * (10 << 10));
}

TEST(FinalizerOfWorker, IsOnlyPossibleOfThoseThatWereMadeInOneGo) {
  const view::Report report = report_of_workers({.step = 1});
  const view::Finding* finding = find(report, "finalizer-of-worker");
  EXPECT_TRUE(finding == nullptr || finding->confidence == Confidence::kPossible);
}

TEST(FinalizerOfWorker, LeavesAloneWhatOthersHaveOrCanWake) {
  EXPECT_EQ(find(report_of_workers({.somebody_else = true}), "finalizer-of-worker"), nullptr);
  EXPECT_EQ(find(report_of_workers({.sends = true}), "finalizer-of-worker"), nullptr);
  EXPECT_EQ(find(report_of_workers({.finalizer = "os.(*file).close"}), "finalizer-of-worker"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
