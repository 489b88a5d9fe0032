#include "graph/leaked_goroutines.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "graph/random_graph_for_tests.h"
#include "graph/waiting_program_for_tests.h"

namespace holdfast::graph {
namespace {

using heap::Actor;
using heap::ActorKind;
using heap::RootKind;
using heap::Snapshot;
using heap::WakeUp;
using testing::ElementsAre;
using testing::IsEmpty;

LeakedGoroutines leaked_in(Snapshot& snapshot) {
  std::ranges::sort(snapshot.wake_ups);
  std::ranges::sort(snapshot.actors);
  return find_leaked_goroutines(snapshot, reach(snapshot));
}

TEST(LeakedGoroutines, LeaksWhatWaitsForAChannelThatNobodyElseHas) {
  WaitingProgram program(3, 2);  // 0 and 1: channels, 2: a buffer of the one that waits
  program.holds(0, 0).holds(0, 2).holds(1, 1);
  Snapshot snapshot = program.build();
  snapshot.wake_ups = {waits_for(0, 0)};
  const LeakedGoroutines found = leaked_in(snapshot);
  EXPECT_THAT(found.goroutines, ElementsAre(GoroutineId(0)));
  EXPECT_EQ(found.candidates, 1);
  EXPECT_EQ(found.held_objects, 2);
  EXPECT_EQ(found.held_bytes, 32);
  EXPECT_TRUE(heap::test_bit(found.held, 0));
  EXPECT_FALSE(heap::test_bit(found.held, program.record(0)));
}

TEST(LeakedGoroutines, LetsGoInChains) {
  WaitingProgram program(3, 4);  // goroutine 3 can act, has channel 2, and so on
  program.holds(0, 0).holds(1, 1).holds(1, 0).holds(2, 2).holds(2, 1).holds(3, 2);
  Snapshot snapshot = program.build();
  snapshot.wake_ups = {waits_for(0, 0), waits_for(1, 1), waits_for(2, 2)};
  EXPECT_THAT(leaked_in(snapshot).goroutines, IsEmpty());
  snapshot.wake_ups.push_back({GoroutineId(3), {}, {}, {}});  // select {}
  EXPECT_EQ(leaked_in(snapshot).goroutines.size(), 4);
}

TEST(LeakedGoroutines, DoesNotTakeTheRuntimesRecordsForUse) {
  WaitingProgram program(3, 2);  // 0: a channel, 1: the record of the wait, 2: what a deferred call has
  program.holds(0, 0);
  program.heap().edge(0, 1).edge(1, 0).edge(program.record(0), 1).edge(program.record(0), 2).edge(2, 0);
  Snapshot snapshot = program.build();
  snapshot.wake_ups = {{GoroutineId(0), ObjectId(0), {}, ObjectId(1)}};
  const LeakedGoroutines found = leaked_in(snapshot);
  EXPECT_THAT(found.goroutines, ElementsAre(GoroutineId(0)));
  EXPECT_EQ(found.held_objects, 3);
}

TEST(LeakedGoroutines, LetsGoWhatAThreadOrATimerHas) {
  for (const ActorKind kind : {ActorKind::kThread, ActorKind::kTimer, ActorKind::kPinned}) {
    WaitingProgram program(1, 1);
    program.holds(0, 0);
    Snapshot snapshot = program.build();
    snapshot.wake_ups = {waits_for(0, 0)};
    snapshot.actors = {{ObjectId(0), kind}};
    EXPECT_THAT(leaked_in(snapshot).goroutines, IsEmpty());
  }
}

TEST(LeakedGoroutines, DoesNotFollowAListOfTimers) {
  WaitingProgram program(4, 1);  // 0: the list, 1: a pending timer, 2: a stopped one, 3: its channel
  program.global(0).holds(0, 3);
  program.heap().edge(0, 1).edge(0, 2).edge(2, 3);
  Snapshot snapshot = program.build();
  snapshot.wake_ups = {waits_for(0, 3)};
  snapshot.actors = {{ObjectId(0), ActorKind::kTimerList}, {ObjectId(1), ActorKind::kTimer}};
  const LeakedGoroutines found = leaked_in(snapshot);
  EXPECT_THAT(found.goroutines, ElementsAre(GoroutineId(0)));
  EXPECT_EQ(found.held_objects, 0);  // the list holds the timer, whoever waits
}

TEST(LeakedGoroutines, CanBeAskedOfAHeapWithoutAnObject) {
  WaitingProgram program(3, 2);  // 0: a registry, 1 and 2: channels in it
  program.global(0).holds(0, 1).holds(1, 2);
  program.heap().edge(0, 1).edge(0, 2);
  Snapshot snapshot = program.build();
  snapshot.wake_ups = {waits_for(0, 1), waits_for(1, 2)};
  EXPECT_THAT(leaked_in(snapshot).goroutines, IsEmpty());
  LeakQuestion question;
  question.without_objects = {ObjectId(0)};
  const LeakedGoroutines found = find_leaked_goroutines(snapshot, reach(snapshot), question);
  EXPECT_THAT(found.goroutines, ElementsAre(GoroutineId(0), GoroutineId(1)));
  EXPECT_FALSE(heap::test_bit(found.held, 0));
}

TEST(LeakedGoroutines, LetsGoWhoWaitsOnTheStackOfOneWhoCan) {
  WaitingProgram program(1, 3);
  program.holds(1, 0);
  Snapshot snapshot = program.build();
  snapshot.wake_ups = {
      {GoroutineId(0), {}, GoroutineId(1), {}}, waits_for(1, 0), {GoroutineId(2), {}, GoroutineId(0), {}}};
  EXPECT_EQ(leaked_in(snapshot).goroutines.size(), 3);
  snapshot.wake_ups.erase(snapshot.wake_ups.begin() + 1);
  EXPECT_THAT(leaked_in(snapshot).goroutines, IsEmpty());
}

// Object 1 has a finalizer (or cleanup) whose closure 2 has the channel 0; object 3 is what holds 1.
Snapshot with_special(RootKind kind, bool dropped, bool by_waiter) {
  WaitingProgram program(4, 1);
  program.holds(0, 0);
  if (!dropped) by_waiter ? program.holds(0, 3) : program.global(3);
  program.heap().edge(2, 0).edge(3, 1);
  const RootId special = program.heap().root();
  program.heap().refer(special, 2);
  Snapshot snapshot = program.build();
  snapshot.roots[special.row].kind = kind;
  snapshot.roots[special.row].about = ObjectId(1);
  snapshot.wake_ups = {waits_for(0, 0)};
  return snapshot;
}

TEST(LeakedGoroutines, LetsFinalizersActThatCanRun) {
  for (const RootKind kind : {RootKind::kFinalizer, RootKind::kCleanup}) {
    Snapshot dropped = with_special(kind, true, false), held = with_special(kind, false, false);
    EXPECT_THAT(leaked_in(dropped).goroutines, IsEmpty());
    EXPECT_THAT(leaked_in(held).goroutines, IsEmpty());
    Snapshot waiter_holds = with_special(kind, false, true);  // it cannot be dropped while its holder waits
    EXPECT_THAT(leaked_in(waiter_holds).goroutines, ElementsAre(GoroutineId(0)));
  }
}

// The one that is being run stands in the queue, too.
TEST(LeakedGoroutines, LetsNoFinalizerActThatIsDueBehindOneThatWaits) {
  for (const bool runs_finalizers : {false, true}) {
    WaitingProgram program(2, 1);  // 0: a channel, 1: the object that has it and is due
    program.holds(0, 0);
    program.heap().edge(1, 0);
    const RootId queue = program.heap().root();
    program.heap().refer(queue, 1);
    Snapshot snapshot = program.build();
    snapshot.roots[queue.row].kind = RootKind::kFinalizerQueue;
    snapshot.wake_ups = {waits_for(0, 0)};
    snapshot.goroutines[0].first_frame = static_cast<std::uint32_t>(snapshot.frames.size());
    snapshot.goroutines[0].frame_count = 1;
    snapshot.frames.emplace_back().function = snapshot.strings.add(runs_finalizers ? "runtime.runfinq" : "main.work");
    EXPECT_EQ(leaked_in(snapshot).goroutines.empty(), !runs_finalizers);
  }
}

TEST(LeakedGoroutines, LetsAWeakPointerGiveItsObjectBack) {
  for (const bool somebody_has_it : {false, true}) {
    WaitingProgram program(3, 1);  // 0: a channel, 1: the object that has it, 2: the weak pointer
    program.holds(0, 1);
    if (somebody_has_it) program.global(2);
    program.heap().edge(1, 0);
    const RootId special = program.heap().root();
    program.heap().refer(special, 2);
    Snapshot snapshot = program.build();
    snapshot.roots[special.row].kind = RootKind::kWeakHandle;
    snapshot.roots[special.row].about = ObjectId(1);
    snapshot.wake_ups = {waits_for(0, 0)};
    EXPECT_EQ(leaked_in(snapshot).goroutines.empty(), somebody_has_it);
  }
}

// By the definition, over sets, with as many passes as it takes.
class ByDefinition {
 public:
  ByDefinition(const Snapshot& snapshot, const Reachability& reached) : snapshot_(snapshot), reached_(reached) {
    for (const WakeUp& wake_up : snapshot.wake_ups) waiting_.insert(wake_up.goroutine.row);
  }

  std::set<std::uint32_t> leaked() {
    for (std::size_t before = waiting_.size() + 1; before != waiting_.size();) {
      before = waiting_.size();
      mark();
      for (const WakeUp& wake_up : snapshot_.wake_ups)
        if ((wake_up.object && live_.contains(wake_up.object.row)) ||
            (wake_up.stack && !waiting_.contains(wake_up.stack.row)))
          waiting_.erase(wake_up.goroutine.row);
    }
    return waiting_;
  }

 private:
  bool is_closed(std::uint32_t object) const {
    for (const WakeUp& wake_up : snapshot_.wake_ups) {
      if (!waiting_.contains(wake_up.goroutine.row)) continue;
      const Address g = snapshot_.goroutines[wake_up.goroutine.row].g;
      if (wake_up.record == ObjectId(object) || heap::ObjectIndex(snapshot_).find_object(g) == ObjectId(object))
        return true;
    }
    return std::ranges::count(snapshot_.actors, Actor{ObjectId(object), ActorKind::kTimerList}) > 0;
  }
  void enter(std::uint32_t object) {
    if (is_closed(object) || !live_.insert(object).second || object >= snapshot_.pointerful) return;
    for (const std::uint32_t e : snapshot_.edges.of(object)) enter(snapshot_.edges.target[e]);
  }
  void mark() {
    live_.clear();
    for (const Actor& actor : snapshot_.actors)
      if (actor.kind != ActorKind::kTimerList) enter(actor.object.row);
    for (const WakeUp& wake_up : snapshot_.wake_ups)  // as a goroutine's record leads to them
      if (wake_up.record && !waiting_.contains(wake_up.goroutine.row)) enter(wake_up.record.row);
    for (std::size_t before = live_.size() + 1; before != live_.size();) {
      before = live_.size();
      for (const heap::Root& root : snapshot_.roots) mark(root);
    }
  }
  void mark(const heap::Root& root) {
    if (root.goroutine && waiting_.contains(root.goroutine.row)) return;
    const auto targets = std::span(snapshot_.root_targets).subspan(root.first_target, root.target_count);
    const bool is_weak = root.kind == RootKind::kWeakHandle;
    if (root.about && is_weak) {
      if (std::ranges::any_of(targets, [&](const auto& target) { return live_.contains(target.object.row); }))
        enter(root.about.row);
      return;
    }
    if (root.about && reached_.contains(root.about) && !live_.contains(root.about.row)) return;
    if (root.about) enter(root.about.row);
    for (const heap::RootTarget& target : targets) enter(target.object.row);
  }

  const Snapshot& snapshot_;
  const Reachability& reached_;
  std::set<std::uint32_t> waiting_, live_;
};

Snapshot random_program(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const std::uint32_t objects = 2 + below(20), goroutines = 1 + below(8);
  WaitingProgram program(objects, goroutines);
  for (std::uint32_t i = below(2 * objects); i > 0; --i)
    program.heap().edge(below(objects), below(objects + goroutines));
  for (std::uint32_t i = below(3); i > 0; --i) program.global(below(objects));
  for (std::uint32_t g = 0; g < goroutines; ++g) {
    for (std::uint32_t i = below(3); i > 0; --i) program.holds(g, below(objects));
    for (std::uint32_t i = below(3); i > 0; --i) program.heap().edge(program.record(g), below(objects));
  }
  std::vector<RootId> specials;
  for (std::uint32_t i = below(4); i > 0; --i) {
    specials.push_back(program.heap().root());
    for (std::uint32_t k = below(3); k > 0; --k) program.heap().refer(specials.back(), below(objects));
  }
  Snapshot snapshot = program.build();
  for (const RootId special : specials) {
    constexpr RootKind kKinds[] = {RootKind::kFinalizer, RootKind::kCleanup, RootKind::kWeakHandle};
    snapshot.roots[special.row].kind = kKinds[below(3)];
    if (below(4) > 0) snapshot.roots[special.row].about = ObjectId(below(objects));
  }
  std::set<std::uint32_t> records;
  for (std::uint32_t g = 0; g < goroutines; ++g)
    for (std::uint32_t i = below(3); i > 0; --i) {
      WakeUp wake_up{GoroutineId(g), {}, {}, {}};
      if (below(8) > 0) wake_up.object = ObjectId(below(objects));
      if (const std::uint32_t other = below(goroutines); below(6) == 0 && other != g)
        wake_up.stack = GoroutineId(other);
      if (const std::uint32_t record = below(objects); below(2) == 0 && records.insert(record).second)
        wake_up.record = ObjectId(record);
      snapshot.wake_ups.push_back(wake_up);
    }
  for (std::uint32_t i = below(2); i > 0; --i)
    if (const std::uint32_t object = below(objects); !records.contains(object))
      snapshot.actors.push_back({ObjectId(object), static_cast<ActorKind>(below(4))});
  return snapshot;
}

TEST(LeakedGoroutines, AgreesWithTheDefinitionOnRandomPrograms) {
  std::uint64_t leaked = 0, let_go = 0;
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    SCOPED_TRACE(seed);
    Snapshot snapshot = random_program(seed);
    const LeakedGoroutines found = leaked_in(snapshot);
    const Reachability reached = reach(snapshot);
    std::set<std::uint32_t> rows;
    for (const GoroutineId goroutine : found.goroutines) rows.insert(goroutine.row);
    ASSERT_EQ(rows, ByDefinition(snapshot, reached).leaked());
    leaked += rows.size();
    let_go += found.candidates - rows.size();
  }
  EXPECT_GT(leaked, 1000);
  EXPECT_GT(let_go, 1000);
}

}  // namespace
}  // namespace holdfast::graph
