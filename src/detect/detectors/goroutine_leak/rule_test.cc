#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::add_goroutines;
using detect::testing::find;
using detect::testing::kSecond;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::testing::HeapBuilder;
using ::testing::EndsWith;
using ::testing::IsEmpty;
using view::Confidence;
using view::Finding;
using view::Report;
using view::StepKind;

TEST(GoroutineLeak, SayProvenWhereTheRuntimeHasProvenTheLeak) {
  HeapBuilder heap;
  add_ballast(heap);
  add_goroutines(heap, GoroutineState::kLeaked, WaitReason::kChanReceive, 0);
  const Report report = report_of(heap.build());
  const Finding* finding = find(report, "goroutine-leak");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "20 goroutines blocked in chan receive at main.work for ever");
  EXPECT_EQ(finding->confidence, Confidence::kProven);
}

// A client for the program's whole life has goroutines that nobody can stop any more.
TEST(GoroutineLeak, IsMinorIfALibraryHasOneOrTwoSmallOnes) {
  for (const auto& [function, count, is_minor] :
       {std::tuple("example.com/db.(*Client).keep", 1, true), std::tuple("example.com/db.(*Client).keep", 3, false),
        std::tuple("main.work", 1, false)}) {
    HeapBuilder heap;
    add_ballast(heap);
    const RootId group = heap.group(WaitReason::kChanReceive, function);
    for (int i = 0; i < count; ++i) {
      const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
      heap.refer(goroutine, heap.leaf(1 << 10));
      heap.goroutine(static_cast<std::uint64_t>(i) + 7, GoroutineState::kLeaked, WaitReason::kChanReceive, goroutine,
                     {"runtime.gopark", function});
    }
    const Report report = report_of(heap.build());
    const Finding* finding = find(report, "goroutine-leak");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->is_minor, is_minor) << function << ", " << count;
  }
}

// Each waits for a channel that only it has; the first one's is in a variable, too.
TEST(GoroutineLeak, SayProvenWhereTheGraphProvesTheLeak) {
  HeapBuilder heap;
  add_ballast(heap);
  const RootId group = heap.group(WaitReason::kChanReceive, "main.work");
  std::vector<HeapBuilder::Handle> channels;
  for (std::uint32_t i = 0; i < 20; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    const RootId frame = heap.root(heap::RootKind::kFrame, "main.work", goroutine);
    channels.push_back(heap.leaf(96));
    heap.refer(frame, channels.back()).refer(frame, heap.leaf(100 << 10));
    const GoroutineId id = heap.goroutine(i + 7, GoroutineState::kWaiting, WaitReason::kChanReceive, goroutine,
                                          {"runtime.gopark", "main.work"});
    heap.snapshot().goroutines[id.row].stack = {Address(0x10000 * (i + 1)), Address(0x10000 * (i + 1) + 2048)};
    for (const RootId root : {goroutine, frame}) heap.snapshot().roots[root.row].goroutine = id;
  }
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.first"), channels[0]);
  heap::Snapshot snapshot = heap.build();
  for (std::uint32_t i = 0; i < 20; ++i) snapshot.wake_ups.push_back({GoroutineId(i), heap.id(channels[i]), {}, {}});
  const Report report = report_of(snapshot);
  const Finding* finding = find(report, "goroutine-leak");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "19 goroutines blocked in chan receive at main.work for ever");
  EXPECT_EQ(finding->confidence, Confidence::kProven);
  EXPECT_EQ(finding->bytes, 19U * (96 + (100 << 10) + 2048));
  EXPECT_EQ(finding->because.full,
            "nothing that can still run refers to the channel that they wait for; they hold 1.9 MiB and their stacks "
            "take 38.0 KiB");
  EXPECT_THAT(finding->fix.full, ::testing::StartsWith("let the wait at main.work end: close the channel when"));
}

// One has a pool, and waits for a channel of its own; twenty wait for what only the pool leads to, and hold more.
TEST(GoroutineLeak, PutsWhoKeepsAPoolBeforeThoseWhoWaitForIt) {
  HeapBuilder heap;
  add_ballast(heap);
  const auto pool = heap.object(256);
  std::vector<std::pair<GoroutineId, HeapBuilder::Handle>> waits;
  const auto add = [&](const RootId group, const char* function, std::uint64_t goid, HeapBuilder::Handle awaited) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    heap.refer(goroutine, pool).refer(goroutine, awaited).refer(goroutine, heap.leaf(10 << 10));
    const GoroutineId id = heap.goroutine(goid, GoroutineState::kWaiting, WaitReason::kChanReceive, goroutine,
                                          {"runtime.gopark", function});
    heap.snapshot().roots[goroutine.row].goroutine = id;
    waits.emplace_back(id, awaited);
  };
  add(heap.group(WaitReason::kChanReceive, "lib.keep"), "lib.keep", 7, heap.leaf(96));
  const RootId users = heap.group(WaitReason::kChanReceive, "main.use");
  for (std::uint64_t i = 0; i < 20; ++i) {
    const auto request = heap.leaf(96);
    heap.edge(pool, 8 * i, request);
    add(users, "main.use", 8 + i, request);
  }
  heap::Snapshot snapshot = heap.build();
  for (const auto& [id, awaited] : waits) snapshot.wake_ups.push_back({id, heap.id(awaited), {}, {}});
  const Report report = report_of(snapshot);
  ASSERT_EQ(report.findings.size(), 2U);
  const Finding &cause = report.findings[0], &victims = report.findings[1];
  EXPECT_LT(cause.bytes, victims.bytes);
  EXPECT_FALSE(cause.is_minor);
  EXPECT_THAT(cause.because.full, EndsWith("; 20 goroutines more can only go on if it does, as at main.use"));
  EXPECT_EQ(victims.waits_for, cause.fingerprint);
  EXPECT_THAT(victims.because.full,
              EndsWith("; only the one at lib.keep could wake them, or who waits for it as well: mend that "
                       "first"));
}

TEST(GoroutineLeak, LetMainWaitForEver) {
  for (const std::uint64_t goid : {1, 2}) {
    HeapBuilder heap;
    add_ballast(heap);
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "");
    heap.goroutine(goid, GoroutineState::kWaiting, WaitReason::kSelectNoCases, goroutine,
                   {"runtime.gopark", "main.serve", "main.main", "runtime.main"});
    heap::Snapshot snapshot = heap.build();
    snapshot.wake_ups = {{GoroutineId(0), {}, {}, {}}};
    EXPECT_EQ(find(report_of(snapshot), "goroutine-leak") == nullptr, goid == 1);
  }
}

// The same goroutines without the runtime's proof, and not there for long.
TEST(GoroutineLeak, SayNothingOfALeakThatTheRuntimeHasNotProven) {
  HeapBuilder heap;
  add_ballast(heap);
  add_goroutines(heap, GoroutineState::kWaiting, WaitReason::kChanReceive, 0);
  EXPECT_THAT(report_of(heap.build()).findings, IsEmpty());
}

}  // namespace
}  // namespace holdfast::detect
