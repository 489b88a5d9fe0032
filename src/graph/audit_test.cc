#include "graph/audit.h"

#include <gmock/gmock.h>

#include <algorithm>

#include "graph/reachability.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::graph {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;
using Handle = HeapBuilder::Handle;

class AuditTest : public testing::Test {
 protected:
  struct Excuse {
    Handle object;
    heap::MarkCause cause;
  };

  Audit run(const std::vector<Excuse>& excuses = {}) {
    std::vector<std::pair<ObjectId, heap::MarkCause>> rows;
    rows.reserve(excuses.size());
    for (const Excuse& excuse : excuses) rows.emplace_back(heap_.id(excuse.object), excuse.cause);
    snapshot_ = heap_.build();
    for (heap::Span& span : snapshot_.spans) span.has_marks = true;
    for (const auto& [object, cause] : rows) snapshot_.audit.excuses.push_back({object, cause});
    return audit(snapshot_, reach(snapshot_));
  }
  Handle marked(std::uint64_t size = 64) {
    const Handle object = heap_.object(size);
    heap_.mark(object);
    return object;
  }
  static const AuditCause* find(const Audit& audit, AuditCauseKind kind) {
    const auto it =
        std::find_if(audit.causes.begin(), audit.causes.end(), [&](const AuditCause& c) { return c.kind == kind; });
    return it == audit.causes.end() ? nullptr : &*it;
  }
  static std::uint64_t count(const Audit& audit, AuditCauseKind kind) {
    const AuditCause* cause = find(audit, kind);
    return cause == nullptr ? 0 : cause->objects;
  }

  HeapBuilder heap_;
  heap::Snapshot snapshot_;
};

TEST_F(AuditTest, EqualSetsHaveNoCauses) {
  heap_.refer(heap_.root(RootKind::kGlobal, "main.a"), marked());
  heap_.object(64);
  const Audit found = run();
  EXPECT_THAT(found.causes, IsEmpty());
  EXPECT_TRUE(found.clean);
  EXPECT_EQ(found.marked, 1U);
  EXPECT_EQ(found.objects, 2U);
}

TEST_F(AuditTest, WhatIsReachedWithoutAMarkMustBeFresh) {
  const RootId root = heap_.root(RootKind::kGlobal, "main.a");
  const Handle fresh = heap_.object(64);
  const Handle strange = heap_.object(64);
  heap_.mark_fresh(fresh).refer(root, fresh).refer(root, strange);
  const Audit found = run();
  EXPECT_EQ(count(found, AuditCauseKind::kAllocatedSinceMark), 1U);
  EXPECT_EQ(found.unexplained_objects, 1U);
  EXPECT_THAT(found.unexplained, ElementsAre(Address(0xc000000040)));
  EXPECT_FALSE(found.clean);
}

TEST_F(AuditTest, AConservativeRootExcusesNothing) {
  const RootId root = heap_.root(RootKind::kFrame, "main.f");
  heap_.snapshot().roots[root.row].conservative = true;
  heap_.refer(root, heap_.object(64));
  EXPECT_EQ(run().unexplained_objects, 1U);
}

TEST_F(AuditTest, MarkedWithoutACauseFloats) {
  heap_.edge(marked(), 0, marked());
  const Audit found = run();
  EXPECT_EQ(found.floating, 2U);
  EXPECT_EQ(count(found, AuditCauseKind::kFloating), 2U);
  EXPECT_TRUE(found.clean);
}

TEST_F(AuditTest, WhatAnExcusedObjectHoldsHasItsCause) {
  const Handle m = marked();
  const Handle g0 = marked();
  const Handle name = heap_.leaf(16);
  const Handle other = marked();
  heap_.mark(name).edge(m, 0, g0).edge(g0, 8, m).edge(g0, 16, name).edge(other, 0, g0);
  const Audit found = run({{m, heap::MarkCause::kEndedThread}});
  const AuditCause* cause = find(found, AuditCauseKind::kEndedThread);
  ASSERT_NE(cause, nullptr);
  EXPECT_EQ(cause->objects, 3U);
  EXPECT_EQ(cause->shown, 1U);
  EXPECT_EQ(cause->bytes, 64U + 64U + 16U);
  EXPECT_THAT(cause->examples, ElementsAre(Address(0xc000000000), Address(0xc000000040), testing::_));
  EXPECT_EQ(found.floating, 1U);
}

TEST_F(AuditTest, TheCauseStopsAtWhatIsReachedOrNotMarked) {
  const Handle excused = marked();
  const Handle reached = marked();
  const Handle behind = marked();
  const Handle unmarked = heap_.object(64);
  const Handle after = marked();
  heap_.edge(excused, 0, reached).edge(reached, 0, behind).edge(excused, 8, unmarked).edge(unmarked, 0, after);
  heap_.refer(heap_.root(RootKind::kGlobal, "main.a"), reached);
  const Audit found = run({{excused, heap::MarkCause::kResurrection}});
  EXPECT_EQ(count(found, AuditCauseKind::kResurrection), 1U);
  EXPECT_EQ(found.floating, 1U);
  EXPECT_EQ(found.marked_not_reached, 2U);
}

TEST_F(AuditTest, EachObjectHasOneCauseAndItsOwnBeforeAnothers) {
  const Handle black = marked();
  const Handle thread = marked();
  const Handle both = marked();
  heap_.edge(black, 0, thread).edge(thread, 0, both).edge(black, 8, both);
  const Audit found = run({{black, heap::MarkCause::kAllocateBlack},
                           {black, heap::MarkCause::kConservativeWord},
                           {thread, heap::MarkCause::kEndedThread},
                           {thread, heap::MarkCause::kEndedThread}});
  EXPECT_EQ(count(found, AuditCauseKind::kAllocateBlack), 2U) << "itself and what both of them hold";
  EXPECT_EQ(count(found, AuditCauseKind::kEndedThread), 1U);
  EXPECT_EQ(count(found, AuditCauseKind::kConservativeWord), 0U);
  EXPECT_EQ(found.floating, 0U);
  EXPECT_EQ(found.marked_not_reached, 3U);
}

TEST_F(AuditTest, WordsSayWhereTheyLie) {
  const GoroutineId goroutine = heap_.goroutine(7, heap::GoroutineState::kWaiting, {}, {}, {"main.send", "main.work"});
  const std::uint32_t send = heap_.snapshot().goroutines[goroutine.row].first_frame;
  std::vector<Handle> named;
  for (int i = 0; i < 4; ++i) named.push_back(marked());
  snapshot_ = heap_.build();
  for (heap::Span& span : snapshot_.spans) span.has_marks = true;
  const auto cause = heap::MarkCause::kConservativeWord;
  snapshot_.audit.excuses = {{heap_.id(named[0]), cause, FrameId(send)},
                             {heap_.id(named[1]), cause, FrameId(send + 1)},
                             {heap_.id(named[2]), cause, FrameId(send + 1)},
                             {heap_.id(named[3]), cause}};
  const Audit found = audit(snapshot_, reach(snapshot_));
  const AuditCause* words = find(found, AuditCauseKind::kConservativeWord);
  ASSERT_NE(words, nullptr);
  EXPECT_EQ(words->shown, 4U);
  ASSERT_EQ(words->named_at.size(), 2U);
  EXPECT_EQ(snapshot_.strings[words->named_at[0].function], "main.work");
  EXPECT_EQ(words->named_at[0].objects, 2U);
  EXPECT_EQ(words->named_at[1].objects, 1U);
}

TEST_F(AuditTest, AnExcuseForWhatDoesNotDifferCountsNothing) {
  const Handle held = marked();
  const Handle dead = heap_.object(64);
  heap_.edge(held, 0, dead);
  heap_.mark_fresh(dead).refer(heap_.root(RootKind::kGlobal, "main.a"), held);
  const Audit found = run({{held, heap::MarkCause::kConservativeWord}, {dead, heap::MarkCause::kAllocateBlack}});
  EXPECT_EQ(found.marked_not_reached, 0U);
  EXPECT_EQ(count(found, AuditCauseKind::kConservativeWord) + count(found, AuditCauseKind::kAllocateBlack), 0U);
}

}  // namespace
}  // namespace holdfast::graph
