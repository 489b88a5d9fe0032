#include "evidence/look.h"

#include <gtest/gtest.h>

#include "graph/reachability.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::evidence {
namespace {

using heap::GoroutineState;
using heap::RootKind;

TEST(Look, CountsGoroutinesAsTheRuntimeDoes) {
  heap::testing::HeapBuilder heap;
  const RootId group = heap.group(WaitReason::kChanSend, "main.work", "pool.go", 17);
  const auto add = [&](std::uint64_t goid, GoroutineState state, bool system) {
    const RootId root = heap.root(RootKind::kGoroutine, "", group);
    const GoroutineId id = heap.goroutine(goid, state, WaitReason::kChanSend, root, {"main.work"});
    heap.snapshot().goroutines[id.row].system = system;
  };
  add(1, GoroutineState::kRunning, false);
  add(2, GoroutineState::kWaiting, true);  // the runtime's own
  add(3, GoroutineState::kWaiting, false);
  add(4, GoroutineState::kDead, false);  // records that are kept for others
  add(5, GoroutineState::kDeadExtra, false);
  const heap::Snapshot snapshot = heap.build();
  EXPECT_EQ(make_look(snapshot, graph::reach(snapshot), "x").goroutines, 2U);
}

}  // namespace
}  // namespace holdfast::evidence
