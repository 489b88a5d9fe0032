#include "view/since.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"
#include "view/growth.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::HasSubstr;

// So many visits of 1 KiB in main.visits; the slots of the first few are free.
heap::Snapshot look_at_visits(unsigned visits, std::uint32_t generation, std::string_view name = "shop",
                              unsigned gone = 0) {
  HeapBuilder heap;
  const TypeId visit = heap.type("main.visit", heap::TypeKind::kStruct, 1024);
  const auto array = heap.object(8 * 4096, heap.pointer_type("*main.visit", visit));
  heap.mark(array).refer(heap.root(RootKind::kGlobal, "main.visits"), array);
  for (unsigned i = 0; i < 4096; ++i) {
    if (i < gone || i >= visits) {
      heap.free_slot(false, 1024);
      continue;
    }
    const auto one = heap.leaf(1024, visit);
    heap.edge(array, std::uint64_t{8} * i, one).mark(one);
  }
  heap::Snapshot s = heap.build();
  s.target.pid = 17;
  s.target.name = name;
  s.target.go_version = "go1.26.11";
  s.target.build_id = name;
  s.target.captured_at_ns = std::int64_t{generation} * 1'000'000'000;
  s.audit.sweep_generation = generation;
  return s;
}

// What stays of a look when its snapshot goes.
EarlierLook earlier(heap::Snapshot snapshot) {
  const auto dominators = graph::dominators(snapshot);
  graph::Reachability reached = graph::reach(snapshot);
  Moment moment = make_moment(Groundwork(snapshot, dominators), reached);
  moment.name = "before.hold";
  return keep_earlier_look(std::move(moment), snapshot, std::move(reached.bits));
}

Since since(EarlierLook before, heap::Snapshot& now) {
  const auto dominators = graph::dominators(now);
  const graph::Reachability reached = graph::reach(now);
  return changes_since(before, make_moment(Groundwork(now, dominators), reached), now, reached.bits);
}

TEST(Since, TellsWhatHoldsMoreAndThatNothingLeft) {
  heap::Snapshot now = look_at_visits(3000, 16);
  const Since found = since(earlier(look_at_visits(2000, 6)), now);
  EXPECT_EQ(found.name, "before.hold");
  EXPECT_TRUE(found.is_one_process);
  EXPECT_EQ(found.seconds, 10.0);
  EXPECT_EQ(found.collections, 5U);
  ASSERT_FALSE(found.grown.empty());
  const GrownPath& path = found.grown.front();
  EXPECT_THAT(path.what.full, HasSubstr("3,000 × main.visit"));
  EXPECT_EQ(path.before.count, 2000U);
  EXPECT_EQ(path.now.count, 3000U);
  EXPECT_EQ(path.grown(), 1000U * 1024);
  EXPECT_FALSE(path.is_new);
  EXPECT_NE(path.example, Address());
  const Flow* const flow = found.flow_of("main.visit");
  ASSERT_NE(flow, nullptr);
  EXPECT_EQ(flow->allocated().count, 1000U);
  EXPECT_EQ(flow->freed().count + flow->dropped.count, 0U);
}

TEST(Since, TellsHowManyLeft) {
  heap::Snapshot now = look_at_visits(4000, 16, "shop", 500);
  const Since found = since(earlier(look_at_visits(2000, 6)), now);
  ASSERT_NE(found.flow_of("main.visit"), nullptr);
  EXPECT_EQ(found.flow_of("main.visit")->freed().count, 500U);
  EXPECT_EQ(found.flow_of("main.visit")->allocated().count, 2000U);
}

TEST(Since, LeavesTheSnapshotAsItWas) {
  heap::Snapshot now = look_at_visits(3000, 16);
  const std::uint32_t objects = now.objects;
  since(earlier(look_at_visits(2000, 6)), now);
  EXPECT_EQ(heap::problems(now), std::vector<std::string>());
  EXPECT_EQ(now.objects, objects);
  EXPECT_TRUE(heap::test_bit(now.marked, 0));
  EXPECT_EQ(graph::reach(now).objects, 3001U);
}

TEST(Since, HasNothingOfWhatShrankOrStayed) {
  heap::Snapshot same = look_at_visits(2000, 16), fewer = look_at_visits(1500, 16);
  EXPECT_TRUE(since(earlier(look_at_visits(2000, 6)), same).grown.empty());
  EXPECT_TRUE(since(earlier(look_at_visits(2000, 6)), fewer).grown.empty());
}

TEST(Since, RefusesAnotherProgramAndALaterLook) {
  heap::Snapshot now = look_at_visits(3000, 16);
  EXPECT_THROW(since(earlier(look_at_visits(2000, 6, "depot")), now), Error);
  EXPECT_THROW(since(earlier(look_at_visits(2000, 26)), now), Error);
}

}  // namespace
}  // namespace holdfast::view
