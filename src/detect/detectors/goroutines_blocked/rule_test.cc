#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using ::testing::Not;
using view::Confidence;

// Goroutines at one place with these ids, each with 100 KiB; another one has the highest id. `waits` is for how many
// seconds they have waited; empty: nobody knows.
view::Report report_of_goids(const std::vector<std::uint64_t>& goids, std::uint64_t highest,
                             WaitReason reason = WaitReason::kChanReceive,
                             const std::vector<std::uint64_t>& waits = {}) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId group = heap.group(reason, "main.work");
  for (const std::uint64_t goid : goids) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    heap.refer(goroutine, heap.leaf(100 << 10));
    const GoroutineId id =
        heap.goroutine(goid, GoroutineState::kWaiting, reason, goroutine, {"runtime.gopark", "main.work"});
    if (id.row < waits.size()) heap.snapshot().goroutines[id.row].waiting_ns = waits[id.row] * detect::testing::kSecond;
  }
  const RootId other = heap.root(heap::RootKind::kGoroutine, "");
  heap.goroutine(highest, GoroutineState::kRunning, WaitReason::kZero, other, {"main.main"});
  return report_of(heap.build());
}

// What goroutines of a registry wait for.
struct Waits {
  bool timer = false;    // they wait for one, too
  bool another = false;  // a second object has the channels
  bool same = false;     // all wait for one channel, which a goroutine that waits for the network has in hand
};

// 30 goroutines that were made over time, and the objects that have their channels.
view::Report report_of_registry(const Waits& asked) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId type = heap.structure("main.registry", 512, {{"all", {}, 0}});
  const auto registry = heap.object(512, type), another = heap.object(512, type);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.registry"), registry);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.another"), another);
  const RootId group = heap.group(WaitReason::kSelect, "main.work");
  std::vector<HeapBuilder::Handle> channels, timers;
  for (std::uint64_t i = 0; i < 30; ++i) {
    const RootId root = heap.root(heap::RootKind::kGoroutine, "", group);
    channels.push_back(asked.same && i > 0 ? channels.front() : heap.leaf(96));
    timers.push_back(heap.leaf(96));
    heap.edge(registry, 8 * i, channels.back()).refer(root, heap.leaf(100 << 10)).refer(root, channels.back());
    if (asked.timer) heap.refer(root, timers.back());
    if (asked.another) heap.edge(another, 8 * i, channels.back());
    heap.goroutine(20 + 10 * i, GoroutineState::kWaiting, WaitReason::kSelect, root, {"runtime.gopark", "main.work"});
  }
  const RootId other = heap.root(heap::RootKind::kGoroutine, "");
  const GoroutineId reads =
      heap.goroutine(330, GoroutineState::kWaiting, WaitReason::kIoWait, other, {"runtime.gopark", "main.read"});
  if (asked.same) heap.refer(other, channels.front());
  heap.snapshot().roots[other.row].goroutine = reads;
  heap::Snapshot snapshot = heap.build();
  for (std::uint32_t i = 0; i < 30; ++i) {
    snapshot.wake_ups.push_back({GoroutineId(i), heap.id(channels[i]), {}, {}});
    if (!asked.timer) continue;
    snapshot.wake_ups.push_back({GoroutineId(i), heap.id(timers[i]), {}, {}});
    snapshot.actors.push_back({heap.id(timers[i]), heap::ActorKind::kTimer});
    snapshot.timers.push_back({.argument = heap.id(timers[i]), .due_known = true, .due_in_ns = 5'000'000'000 + i});
  }
  std::ranges::sort(snapshot.wake_ups);
  std::ranges::sort(snapshot.actors);
  std::ranges::sort(snapshot.timers);
  return report_of(snapshot);
}

std::string blocked_because(const view::Report& report) {
  const view::Finding* const finding = find(report, "goroutines-blocked");
  return finding == nullptr ? "none" : finding->because.full;
}

std::vector<std::uint64_t> every(std::uint64_t step, std::uint64_t first, std::uint64_t count) {
  std::vector<std::uint64_t> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(first + i * step);
  return out;
}

TEST(GoroutinesBlocked, ArePossibleIfManyThatHoldMuchWaitForTheNetwork) {
  EXPECT_NE(find(report_of_goids(every(10, 20, 120), 1300, WaitReason::kIoWait), "goroutines-blocked"), nullptr);
}

TEST(GoroutinesBlocked, ArePossibleIfManyThatHoldMuchWakeByTimeAlone) {
  const view::Report report = report_of_goids(every(1, 20, 120), 140, WaitReason::kSleep);
  const view::Finding* const finding = find(report, "goroutines-blocked");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, ::testing::EndsWith("blocked in sleep at main.work that time alone wakes"));
  EXPECT_EQ(find(report_of_goids(every(1, 20, 120), 140, WaitReason::kChanReceive), "goroutines-blocked"), nullptr);
}

TEST(GoroutinesBlocked, ArePossibleIfMoreAndMoreSleep) {
  const view::Report report = report_of_goids(every(10, 20, 120), 1300, WaitReason::kSleep);
  const view::Finding* const finding = find(report, "goroutines-blocked");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, ::testing::HasSubstr("120 goroutines blocked in sleep at main.work"));
  EXPECT_THAT(finding->because.full, ::testing::HasSubstr("ids 20 to 1210 of 1300"));
  EXPECT_EQ(find(report_of_goids(every(10, 20, 30), 330, WaitReason::kSleep), "goroutines-blocked"), nullptr);
}

TEST(GoroutinesBlocked, NamesThoseThatGather) {
  const view::Report report = report_of_goids(every(10, 20, 30), 330);
  const view::Finding* finding = find(report, "goroutines-blocked");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "30 goroutines blocked in chan receive at main.work and more come");
  EXPECT_THAT(finding->because.full, HasSubstr("(ids 20 to 310 of 330)"));
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_EQ(finding->bytes, 30 * 100U << 10);
  EXPECT_EQ(finding->chain.front().kind, view::StepKind::kGroup);
}

TEST(GoroutinesBlocked, SaysWhoCouldWakeThem) {
  EXPECT_THAT(blocked_because(report_of_registry({})),
              HasSubstr("they wait for what only main.registry leads to; no goroutine that can act has it in hand"));
  EXPECT_THAT(blocked_because(report_of_registry({.timer = true})),
              HasSubstr("they wait for a timer, the next one in 5.0 s or what main.registry leads to"));
  EXPECT_THAT(blocked_because(report_of_registry({.another = true})), Not(HasSubstr("only")));
  EXPECT_THAT(blocked_because(report_of_registry({.same = true})),
              HasSubstr("; goroutine 330 has it in hand, and waits in IO wait at main.read"));
}

// 120 goroutines in a select of a timer, and perhaps of a channel that a variable has too; their ids tell nothing.
bool tells_of_select(bool has_channel) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId group = heap.group(WaitReason::kSelect, "main.work");
  const auto quit = heap.leaf(96);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.quit"), quit);
  std::vector<HeapBuilder::Handle> timers;
  for (std::uint64_t i = 0; i < 120; ++i) {
    const RootId root = heap.root(heap::RootKind::kGoroutine, "", group);
    timers.push_back(heap.leaf(96));
    heap.refer(root, heap.leaf(100 << 10)).refer(root, timers.back()).refer(root, quit);
    const GoroutineId id =
        heap.goroutine(20 + i, GoroutineState::kWaiting, WaitReason::kSelect, root, {"runtime.gopark", "main.work"});
    heap.snapshot().roots[root.row].goroutine = id;
  }
  heap::Snapshot snapshot = heap.build();
  for (std::uint32_t i = 0; i < 120; ++i) {
    snapshot.wake_ups.push_back({GoroutineId(i), heap.id(timers[i]), {}, {}});
    if (has_channel) snapshot.wake_ups.push_back({GoroutineId(i), heap.id(quit), {}, {}});
    snapshot.actors.push_back({heap.id(timers[i]), heap::ActorKind::kTimer});
  }
  std::ranges::sort(snapshot.wake_ups);
  std::ranges::sort(snapshot.actors);
  const view::Report report = report_of(snapshot);
  const view::Finding* const finding = find(report, "goroutines-blocked");
  return finding != nullptr && finding->title.full.ends_with("that time alone wakes");
}

TEST(GoroutinesBlocked, ArePossibleIfManyInASelectWakeByTimeAlone) {
  EXPECT_TRUE(tells_of_select(false));
  EXPECT_FALSE(tells_of_select(true));
}

// Thirty wait for a wait group that a variable leads to; one who has it in hand waits for its own channel, which a
// variable has too unless it is `leaked`.
view::Report report_of_call(bool leaked) {
  HeapBuilder heap;
  add_ballast(heap);
  const auto call = heap.object(64), own = heap.leaf(96);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.calls"), call);
  if (!leaked) heap.refer(heap.root(heap::RootKind::kGlobal, "main.own"), own);
  const RootId group = heap.group(WaitReason::kWaitGroupWait, "main.fetch");
  const auto add = [&](RootId above, std::uint64_t goid, WaitReason reason, const char* function) {
    const RootId root = heap.root(heap::RootKind::kGoroutine, "", above);
    heap.refer(root, call).refer(root, heap.leaf(100 << 10));
    const GoroutineId id = heap.goroutine(goid, GoroutineState::kWaiting, reason, root, {"runtime.gopark", function});
    heap.snapshot().roots[root.row].goroutine = id;
    return root;
  };
  for (std::uint64_t i = 0; i < 30; ++i) add(group, 20 + i, WaitReason::kWaitGroupWait, "main.fetch");
  heap.refer(add(heap.group(WaitReason::kChanReceive, "main.ask"), 19, WaitReason::kChanReceive, "main.ask"), own);
  heap::Snapshot snapshot = heap.build();
  for (std::uint32_t i = 0; i < 30; ++i) snapshot.wake_ups.push_back({GoroutineId(i), heap.id(call), {}, {}});
  snapshot.wake_ups.push_back({GoroutineId(30), heap.id(own), {}, {}});
  return report_of(snapshot);
}

TEST(GoroutinesBlocked, ArePossibleBehindOneThatIsLeaked) {
  const view::Report report = report_of_call(true);
  const view::Finding* const finding = find(report, "goroutines-blocked");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full,
            "30 goroutines blocked in sync.WaitGroup.Wait at main.fetch behind goroutine 19, which waits for ever");
  EXPECT_THAT(finding->because.full, HasSubstr("goroutine 19 has what they wait for in hand, and waits in chan receive"
                                               " at main.ask, for ever, as is proven"));
  EXPECT_EQ(report.findings.front().id, "goroutine-leak");
  EXPECT_EQ(finding->waits_for, report.findings.front().fingerprint);
  EXPECT_EQ(find(report_of_call(false), "goroutines-blocked"), nullptr);
}

// Thirty wait for a connection of a pool in a variable; two have Rows of it, which `others` are whether a variable has
// too.
view::Report report_of_pool(bool others) {
  HeapBuilder heap;
  add_ballast(heap);
  const auto pool = heap.object(64, heap.structure("database/sql.DB", 64, {}));
  const RootId variables = heap.root(heap::RootKind::kGlobal, "main.db");
  heap.refer(variables, pool);
  std::vector<std::pair<GoroutineId, HeapBuilder::Handle>> waits;
  const auto add = [&](RootId above, std::uint64_t goid, const char* function) {
    const RootId root = heap.root(heap::RootKind::kGoroutine, "", above);
    const auto awaited = heap.leaf(96);
    heap.refer(root, pool).refer(root, awaited).refer(root, heap.leaf(100 << 10));
    const GoroutineId id =
        heap.goroutine(goid, GoroutineState::kWaiting, WaitReason::kSelect, root, {"runtime.gopark", function});
    heap.snapshot().roots[root.row].goroutine = id;
    waits.emplace_back(id, awaited);
    return awaited;
  };
  const RootId users = heap.group(WaitReason::kSelect, "database/sql.(*DB).conn");
  for (std::uint64_t i = 0; i < 30; ++i) heap.refer(variables, add(users, 20 + i, "database/sql.(*DB).conn"));
  const RootId rows = heap.group(WaitReason::kSelect, "database/sql.(*Rows).awaitDone");
  for (const std::uint64_t goid : {18, 19}) {
    const auto end = add(rows, goid, "database/sql.(*Rows).awaitDone");
    if (others) heap.refer(variables, end);
  }
  heap::Snapshot snapshot = heap.build();
  for (const auto& [id, awaited] : waits) snapshot.wake_ups.push_back({id, heap.id(awaited), {}, {}});
  return report_of(snapshot);
}

TEST(GoroutinesBlocked, ArePossibleBehindRowsThatNobodyCloses) {
  const view::Report report = report_of_pool(false);
  const view::Finding* const finding = find(report, "goroutines-blocked");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, ::testing::EndsWith(" behind 2 connections that nobody gives back"));
  EXPECT_THAT(finding->because.full,
              ::testing::StartsWith("2 goroutines that wait for ever, as is proven, have connections of the same pool: "
                                    "the first is at database/sql.(*Rows).awaitDone"));
  EXPECT_THAT(finding->fix.full, HasSubstr("close the Rows"));
  EXPECT_EQ(finding->waits_for, find(report, "goroutine-leak")->fingerprint);
  EXPECT_EQ(find(report_of_pool(true), "goroutines-blocked"), nullptr);
}

// Where all that is started gets stuck, ids say nothing.
TEST(GoroutinesBlocked, NamesThoseThatCameToWaitInTurn) {
  const std::vector<std::uint64_t> goids = every(1, 20, 30);
  std::vector<std::uint64_t> in_turn, anyhow, at_once(30, 9);
  for (std::uint64_t i = 0; i < 30; ++i) in_turn.push_back(40 - i / 5 * 5), anyhow.push_back(10 + i * 7 % 30);
  const auto found = [&](const std::vector<std::uint64_t>& waits) {
    const view::Report report = report_of_goids(goids, 60, WaitReason::kMutexLock, waits);
    return find(report, "goroutines-blocked") != nullptr;
  };
  EXPECT_TRUE(found(in_turn));
  EXPECT_FALSE(found(anyhow)) << "a pool, in which whoever worked last waits for the shortest time";
  EXPECT_FALSE(found(at_once));
}

TEST(GoroutinesBlocked, NamesACrowdAtALock) {
  const auto because = [](std::uint64_t count, WaitReason reason) {
    return blocked_because(report_of_goids(every(1, 20, count), count + 20, reason));
  };
  EXPECT_THAT(because(200, WaitReason::kMutexLock), HasSubstr("so many gather at a lock only where nobody unlocks it"));
  EXPECT_EQ(because(199, WaitReason::kMutexLock), "none");
  EXPECT_EQ(because(200, WaitReason::kChanReceive), "none") << "a pool may be as large";
}

TEST(GoroutinesBlocked, LeavesPoolsAndBusyMomentsAlone) {
  EXPECT_EQ(find(report_of_goids(every(1, 20, 30), 60), "goroutines-blocked"), nullptr);     // made in one go, early
  EXPECT_EQ(find(report_of_goids(every(1, 970, 30), 1000), "goroutines-blocked"), nullptr);  // all young
  EXPECT_EQ(find(report_of_goids(every(10, 20, 30), 5000), "goroutines-blocked"), nullptr);  // none came since
  EXPECT_EQ(find(report_of_goids(every(10, 20, 30), 330, WaitReason::kIoWait), "goroutines-blocked"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
