#include "graph/later_audit.h"

#include <gmock/gmock.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::graph {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using Handle = HeapBuilder::Handle;

// Looks at objects of 64 bytes that lie at the same places: what one look adds first is what the others add first.
class LaterAuditTest : public testing::Test {
 protected:
  LaterAuditTest() {
    for (HeapBuilder* look : {&first_, &second_, &third_}) {
      held_ = look->object(64);
      a_ = look->object(64);
      b_ = look->object(64);
      look->refer(look->root(RootKind::kGlobal, "main.held"), held_);
      look->mark(held_);
    }
    first_.mark(a_).mark(b_);
  }

  LaterAudit run() {
    heap::Snapshot first = first_.build();
    heap::Snapshot second = second_.build();
    for (heap::Snapshot* look : {&first, &second})
      for (heap::Span& span : look->spans) span.has_marks = true;
    first.audit.gc_cycles = 6;
    first.audit.sweep_generation = 12;
    second.audit.sweep_generation = 14;
    if (about_b_) first.roots[about_b_.row].about = first_.id(b_);
    if (excused_b_) second.audit.excuses.push_back({second_.id(b_), heap::MarkCause::kConservativeWord});
    if (no_marks_) second.spans[0].has_marks = false;
    return audit_later(first, reach(first), second);
  }

  // One more look at the objects, when the sweep has this generation. That of the second look is 14.
  bool once_more(LaterAudit& found, std::uint32_t sweep_generation) {
    heap::Snapshot second, third = third_.build();
    for (heap::Span& span : third.spans) span.has_marks = !no_marks_;
    second.audit.sweep_generation = 14;
    third.audit.sweep_generation = sweep_generation;
    return audit_once_more(found, second, third);
  }

  HeapBuilder first_, second_, third_;
  Handle held_, a_, b_;
  RootId about_b_;
  bool excused_b_ = false;
  bool no_marks_ = false;
};

TEST_F(LaterAuditTest, WhatNothingReachesIsFreed) {
  const LaterAudit found = run();
  EXPECT_EQ(found.gc_cycle, 7U);
  EXPECT_EQ(found.unreached, (Fate{2, 128}));
  EXPECT_EQ(found.freed, (Fate{2, 128}));
  EXPECT_THAT(found.kept_objects, IsEmpty());
  EXPECT_TRUE(found.clean());
}

TEST_F(LaterAuditTest, WhatTheCollectorKeepsWithoutACauseShowsAMissingRoot) {
  second_.mark(a_);
  const LaterAudit found = run();
  EXPECT_EQ(found.kept, (Fate{1, 64}));
  EXPECT_EQ(found.freed, (Fate{1, 64}));
  EXPECT_THAT(found.kept_objects, ElementsAre(Field(&KeptObject::address, Address(0xc000000040))));
  EXPECT_FALSE(found.clean());
}

TEST_F(LaterAuditTest, WhatAThirdLookFindsGoneWasHeldByAWordThatIsGone) {
  second_.mark(a_).mark(b_);
  LaterAudit found = run();
  EXPECT_TRUE(once_more(found, 16));
  EXPECT_EQ(found.let_go, (Fate{2, 128}));
  EXPECT_EQ(found.let_go_first, 2U);
  EXPECT_EQ(found.kept, Fate());
  EXPECT_TRUE(found.clean());
}

TEST_F(LaterAuditTest, OneWordCanHoldAllThatALaterLookFindsGone) {
  second_.mark(a_).mark(b_);
  first_.edge(b_, 0, a_).edge(b_, 1, b_);
  LaterAudit found = run();
  EXPECT_TRUE(once_more(found, 16));
  EXPECT_EQ(found.let_go, (Fate{2, 128}));
  EXPECT_EQ(found.let_go_first, 1U);
}

TEST_F(LaterAuditTest, WhatEveryLookFindsMarkedIsKept) {
  second_.mark(a_).mark(b_);
  LaterAudit found = run();
  third_.mark(b_);
  EXPECT_TRUE(once_more(found, 16));
  EXPECT_EQ(found.let_go, (Fate{1, 64}));
  EXPECT_EQ(found.kept, (Fate{1, 64}));
  EXPECT_THAT(found.kept_objects, ElementsAre(Field(&KeptObject::address, Address(0xc000000080))));
}

TEST_F(LaterAuditTest, ACauseOfTheThirdLookExcuses) {
  second_.mark(a_);
  LaterAudit found = run();
  third_.mark(a_).refer(third_.root(RootKind::kFrame, "main.f"), a_);
  third_.snapshot().roots.back().conservative = true;
  EXPECT_TRUE(once_more(found, 16));
  EXPECT_EQ(found.excused, (Fate{1, 64}));
  EXPECT_TRUE(found.clean());
}

TEST_F(LaterAuditTest, ASlotThatMayHaveBeenUsedAnewIsNoSureProof) {
  second_.mark(a_);
  LaterAudit found = run();
  third_.mark(a_);
  EXPECT_FALSE(once_more(found, 18));
  EXPECT_EQ(found.kept, (Fate{1, 64}));
}

TEST_F(LaterAuditTest, ASpanInSweepAtTheThirdLookIsNoSureProof) {
  second_.mark(a_);
  LaterAudit found = run();
  no_marks_ = true;
  EXPECT_FALSE(once_more(found, 16));
  EXPECT_EQ(found.kept, (Fate{1, 64}));
}

TEST_F(LaterAuditTest, WhatARootReachesOnlyLaterWasMissedBefore) {
  second_.mark(a_).refer(second_.root(RootKind::kGlobal, "main.late"), a_);
  EXPECT_EQ(run().kept, (Fate{1, 64}));
}

TEST_F(LaterAuditTest, AConservativeRootMayHoldTheDeadAndWhatTheyHold) {
  const RootId root = second_.root(RootKind::kFrame, "main.f");
  second_.snapshot().roots[root.row].conservative = true;
  second_.mark(a_).mark(b_).refer(root, a_).edge(a_, 0, b_);
  const LaterAudit found = run();
  EXPECT_EQ(found.excused, (Fate{2, 128}));
  EXPECT_TRUE(found.clean());
}

TEST_F(LaterAuditTest, ACauseOfTheSecondLookExcuses) {
  second_.mark(b_);
  excused_b_ = true;
  EXPECT_EQ(run().excused, (Fate{1, 64}));
}

TEST_F(LaterAuditTest, AFinalizerBringsBackItsObjectAndWhatThatHolds) {
  about_b_ = first_.root(RootKind::kFinalizer, "main.close");
  first_.edge(b_, 0, a_);
  second_.mark(a_).mark(b_);
  EXPECT_EQ(run().revived, (Fate{2, 128}));
}

TEST_F(LaterAuditTest, AWeakPointerBringsBackItsObject) {
  about_b_ = first_.root(RootKind::kWeakHandle, "");
  second_.mark(a_).mark(b_);
  const LaterAudit found = run();
  EXPECT_EQ(found.revived, (Fate{1, 64}));
  EXPECT_EQ(found.kept, (Fate{1, 64}));
}

TEST_F(LaterAuditTest, ACleanupDoesNotBringBackItsObject) {
  about_b_ = first_.root(RootKind::kCleanup, "main.close");
  second_.mark(b_);
  EXPECT_EQ(run().kept, (Fate{1, 64}));
}

TEST_F(LaterAuditTest, ASpanInSweepSaysNothing) {
  second_.mark(a_);
  no_marks_ = true;
  EXPECT_EQ(run().unknown, (Fate{2, 128}));
}

TEST_F(LaterAuditTest, WhatWasFoundDeadBeforeIsLeftOut) {
  first_.object(64);
  second_.mark(second_.object(64));
  const LaterAudit found = run();
  EXPECT_EQ(found.unreached, (Fate{2, 128}));
  EXPECT_TRUE(found.clean());
}

TEST_F(LaterAuditTest, WhatWasAllocatedSinceTheMarkCounts) {
  first_.mark_fresh(first_.object(64));
  second_.mark(second_.object(64));
  EXPECT_EQ(run().kept, (Fate{1, 64}));
}

TEST_F(LaterAuditTest, ANewObjectInTheSamePlaceIsAnother) {
  second_.mark_fresh(a_);
  EXPECT_EQ(run().freed, (Fate{2, 128}));
}

TEST(LaterAudit, NeedsExactlyOneCollectionThatBeganAfterTheFirstLook) {
  heap::Snapshot first, second;
  first.audit.sweep_generation = 12;
  for (const std::uint32_t generation : {12U, 16U}) {
    second.audit.sweep_generation = generation;
    EXPECT_FALSE(proves(first, second)) << generation;
  }
  second.audit.sweep_generation = 14;
  EXPECT_TRUE(proves(first, second));
  first.audit.gc_phase = 1;
  EXPECT_FALSE(proves(first, second));
}

// The mark has ended, and the sweep's generation is about to say so.
TEST(LaterAudit, NothingIsProvenOfALookWhileTheRuntimeHadStoppedTheProgram) {
  heap::Snapshot first, second;
  second.audit.sweep_generation = 2;
  first.audit.world_stopped = true;
  EXPECT_FALSE(proves(first, second));
}

}  // namespace
}  // namespace holdfast::graph
