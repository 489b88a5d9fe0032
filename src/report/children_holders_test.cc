// What the report says of contexts, which have children, and of whatever else rules say that of.
#include <gmock/gmock.h>

#include "report/report_for_tests.h"
#include "view/holders.h"

namespace holdfast::report {
namespace {

using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using view::Holder;
using view::Report;

class ChildrenHolders : public testing::Test {
 protected:
  using Handle = HeapBuilder::Handle;

  ChildrenHolders() {
    const TypeId interface = heap_.type("context.Context", TypeKind::kInterface, 16);
    const TypeId map = heap_.type("map[context.canceler]struct {}", TypeKind::kMap, 8);
    header_ = heap_.type_of_role(heap::TypeRole::kMapHeader, 48, map);
    group_ = heap_.type_of_role(heap::TypeRole::kMapGroup, 8, map);
    context_ = heap_.structure("context.cancelCtx", 64, {{"Context", interface, 0}, {"children", map, 24}});
    with_timer_ = heap_.structure("context.timerCtx", 96,
                                  {{"cancelCtx", context_, 0}, {"timer", heap_.pointer_type("*time.Timer"), 64}});
  }

  // Adds a context with `children` children, the first few of them with timers and all with a value.
  Handle parent(std::size_t children, std::size_t with_timers = 0, std::uint64_t value_bytes = 1000) {
    const Handle parent = heap_.object(64, context_), header = heap_.object(48, header_);
    const Handle group = heap_.object(children * 8, group_);
    heap_.edge(parent, 24, header).edge(header, 8, group);
    for (std::size_t i = 0; i < children; ++i) {
      const bool has_timer = i < with_timers;
      children_.push_back(heap_.object(has_timer ? 96 : 64, has_timer ? with_timer_ : context_));
      const Handle value = heap_.object(value_bytes);
      heap_.edge(group, i * 8, children_.back()).edge(children_.back(), 8, value).edge(value, 0, parent);
    }
    return parent;
  }
  Holder only_holder() {
    const Report report = report_of(heap_.build(), rules_);
    EXPECT_THAT(report.holders, SizeIs(1));
    return report.holders.empty() ? Holder() : report.holders[0];
  }

  HeapBuilder heap_;
  heap::OwnerRules rules_ = heap::OwnerRules::built_in();
  TypeId header_, group_, context_, with_timer_;
  std::vector<Handle> children_;
};

TEST_F(ChildrenHolders, SayWhoseChildrenTheyAreAndWhatThatMeans) {
  heap_.refer(heap_.root(RootKind::kGlobal, "main.base"), parent(1000, 500));
  const Holder holder = only_holder();
  EXPECT_EQ(holder.what.full, "1,000 children of the context main.base, not cancelled") << "of whatever types";
  EXPECT_EQ(holder.count, 1000U);
  EXPECT_EQ(holder.container, "context");
  EXPECT_EQ(holder.bytes, 64 + 48 + 1000 * (8 + 64 + 1000) + 500 * 32U) << "with all that hangs on them";
  ASSERT_GE(holder.chain.size(), 3U);
  EXPECT_EQ(holder.chain[2].type, "map[context.canceler]struct {}");
  EXPECT_THAT(holder.chain[3].rules, SizeIs(2)) << "context.Context, and whose child it is";
}

TEST_F(ChildrenHolders, SayThatAGoroutineHasTheContext) {
  const RootId goroutine = heap_.root(RootKind::kGoroutine, "");
  heap_.refer(heap_.root(RootKind::kFrame, "main.serve", goroutine), parent(1000));
  heap_.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kChanReceive, goroutine, {"main.serve"});
  EXPECT_EQ(only_holder().what.full, "1,000 children of the context in goroutine 7, main.serve+0x0, not cancelled");
}

// The runtime knows their timers, so nobody alone has a timer, nor the child that it leads to.
TEST_F(ChildrenHolders, AreOneThingWithTheirParts) {
  heap_.refer(heap_.root(RootKind::kGlobal, "main.base"), parent(1000, 1000, 16));
  const Handle timers = heap_.object(8000);
  heap_.refer(heap_.root(RootKind::kGlobal, "runtime.timers"), timers);
  const TypeId timer = heap_.structure("time.Timer", 80, {{"arg", {}, 24}});
  for (std::size_t i = 0; i < children_.size(); ++i) {
    const Handle one = heap_.object(80, timer);
    heap_.edge(children_[i], 64, one).edge(one, 24, children_[i]).edge(timers, i * 8, one);
  }
  const Report report = report_of(heap_.build());
  ASSERT_FALSE(report.holders.empty());
  EXPECT_EQ(report.holders[0].what.full, "1,000 children of the context main.base, not cancelled");
  EXPECT_EQ(report.holders[0].bytes, 64 + 48 + 1000 * (8 + 96 + 16 + 80U));
}

TEST_F(ChildrenHolders, AreDescendantsWhereSomeAreBelowOthers) {
  Handle above = heap_.object(64, context_);
  heap_.refer(heap_.root(RootKind::kGlobal, "main.base"), above);
  for (int i = 0; i < 100; ++i) {
    const Handle header = heap_.object(48, header_), group = heap_.object(8, group_),
                 below = heap_.object(64, context_);
    heap_.edge(above, 24, header).edge(header, 8, group).edge(group, 0, below).edge(below, 8, above);
    above = below;
  }
  const Holder holder = only_holder();
  EXPECT_EQ(holder.what.full, "98 descendants of the context main.base.children[…].children[…], not cancelled");
  EXPECT_EQ(holder.bytes, 101 * 64 + 100 * (48 + 8U));
}

// Whoever has a child knows its parent, so no root alone dominates that one.
TEST_F(ChildrenHolders, AreNotCountedWithTheirParentWhereOthersKnowBoth) {
  heap_.refer(heap_.root(RootKind::kGlobal, "main.base"), parent(1000));
  const RootId goroutine = heap_.root(RootKind::kGoroutine, "");
  const RootId frame = heap_.root(RootKind::kFrame, "main.look", goroutine);
  for (const Handle child : children_) heap_.refer(frame, child);
  heap_.goroutine(7, heap::GoroutineState::kRunning, {}, goroutine, {"main.look"});
  const Holder holder = only_holder();
  EXPECT_EQ(holder.what.full, "1,000 children of the context main.base, not cancelled");
  EXPECT_EQ(holder.count, 1000U);
}

TEST_F(ChildrenHolders, NameOneOfSeveralParents) {
  const RootId variable = heap_.root(RootKind::kGlobal, "main.contexts");
  const Handle list = heap_.object(80);
  heap_.refer(variable, list);
  for (std::uint64_t i = 0; i < 10; ++i) heap_.edge(list, i * 8, parent(100));
  EXPECT_THAT(only_holder().what.full, HasSubstr("1,000 children of 10 contexts, as main.contexts"));
}

TEST_F(ChildrenHolders, HaveTheWordsOfTheLastRule) {
  rules_.add("children request context.cancelCtx.children still served", "my.rules");
  heap_.refer(heap_.root(RootKind::kGlobal, "main.base"), parent(1000));
  EXPECT_EQ(only_holder().what.full, "1,000 children of the request main.base, still served");
}

TEST_F(ChildrenHolders, AreTheContextsOfPendingTimers) {
  const TypeId timer = heap_.structure("time.Timer", 80, {{"arg", {}, 24}});
  const Handle list = heap_.object(4000);
  heap_.refer(heap_.root(RootKind::kGlobal, "runtime.timers"), list);
  for (std::uint64_t i = 0; i < 500; ++i) {
    const Handle one = heap_.object(80, timer), context = heap_.object(96, with_timer_);
    heap_.edge(list, i * 8, one).edge(one, 24, context);
  }
  EXPECT_EQ(only_holder().what.full, "500 pending timers, each with a context.Context");
}

}  // namespace
}  // namespace holdfast::report
