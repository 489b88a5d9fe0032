#include "detect/findings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "detect/detector.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"

namespace holdfast::detect {
namespace {

using heap::GoroutineState;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using view::Confidence;
using view::Finding;
using view::make_report;
using view::Report;
using view::StepKind;

constexpr std::uint64_t kSecond = 1'000'000'000;

Report report_of(const heap::Snapshot& snapshot) {
  EXPECT_THAT(heap::problems(snapshot), IsEmpty());
  const auto reached = graph::reach(snapshot);
  const auto dominators = graph::dominators(snapshot);
  const view::Owners owners(snapshot, dominators);
  Report report = make_report(snapshot, reached, dominators, owners, graph::audit(snapshot, reached));
  report.findings = find_findings(snapshot, dominators, owners, report);
  return report;
}

const Finding* find(const Report& report, std::string_view id) {
  for (const Finding& finding : report.findings)
    if (finding.id == id) return &finding;
  return nullptr;
}

// Adds variables that hold much and are not at fault.
void add_ballast(HeapBuilder& heap) {
  for (const char* name : {"main.a", "main.b", "main.c"})
    heap.refer(heap.root(RootKind::kGlobal, name), heap.leaf(4 << 20));
}

void add_goroutines(HeapBuilder& heap, GoroutineState state, WaitReason reason, std::uint64_t waiting_ns) {
  const RootId group = heap.group(reason, "main.work");
  for (std::uint64_t i = 0; i < 20; ++i) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "", group);
    heap.refer(goroutine, heap.leaf(100 << 10));
    const GoroutineId id = heap.goroutine(i + 7, state, reason, goroutine, {"runtime.gopark", "main.work"});
    heap.snapshot().goroutines[id.row].waiting_ns = waiting_ns;
  }
}

TEST(Findings, AreNoneWhereNothingIsWrong) {
  HeapBuilder heap;
  add_ballast(heap);
  EXPECT_THAT(report_of(heap.build()).findings, IsEmpty());
}

TEST(Findings, NameGoroutinesThatAreBlockedForLong) {
  HeapBuilder heap;
  add_ballast(heap);
  add_goroutines(heap, GoroutineState::kWaiting, WaitReason::kChanSend, 7200 * kSecond);
  const Report report = report_of(heap.build());
  const Finding* finding = find(report, "goroutines-blocked");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "20 goroutines blocked in chan send at main.work for at least 2 h");
  EXPECT_EQ(finding->confidence, Confidence::kObserved);
  EXPECT_EQ(finding->bytes, 20 * 100U << 10);
  EXPECT_EQ(finding->fault, "chan send at main.work");
  EXPECT_EQ(finding->chain.front().kind, StepKind::kGroup);
}

TEST(Findings, LeaveGoroutinesAloneThatWaitShortlyOrForTheNetwork) {
  for (const auto& [reason, seconds] : {std::pair(WaitReason::kChanSend, 5U), std::pair(WaitReason::kIoWait, 7200U)}) {
    HeapBuilder heap;
    add_ballast(heap);
    add_goroutines(heap, GoroutineState::kWaiting, reason, seconds * kSecond);
    EXPECT_THAT(report_of(heap.build()).findings, IsEmpty()) << seconds;
  }
}

TEST(Findings, SayProvenWhereTheRuntimeHasProvenTheLeak) {
  HeapBuilder heap;
  add_ballast(heap);
  add_goroutines(heap, GoroutineState::kLeaked, WaitReason::kChanReceive, 0);
  const Report report = report_of(heap.build());
  const Finding* finding = find(report, "goroutine-leak");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "20 goroutines blocked in chan receive at main.work for ever");
  EXPECT_EQ(finding->confidence, Confidence::kProven);
}

// Holding most of the heap is no fault by itself: without growth, age, emptiness or a broken rule there is no finding.
TEST(Findings, DoNotAccuseAVariableForHoldingMost) {
  HeapBuilder heap;
  const auto top = heap.object(64);
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), top);
  heap.edge(top, 0, heap.leaf(3 << 20));
  EXPECT_THAT(report_of(heap.build()).findings, IsEmpty());
}

TEST(Detectors, SayWhatTheyLookForUnderIdsOfTheirOwn) {
  std::set<std::string_view> ids;
  for (const Detector* detector : detectors()) {
    EXPECT_TRUE(ids.insert(detector->id).second) << detector->id;
    EXPECT_FALSE(std::string_view(detector->looks_for).empty()) << detector->id;
    EXPECT_NE(detector->run, nullptr) << detector->id;
  }
}

TEST(Findings, SayWhichFinalizerTheOthersWaitFor) {
  for (const std::uint64_t seconds : {0U, 600U}) {
    HeapBuilder heap;
    add_ballast(heap);
    const RootId queue = heap.group(RootKind::kFinalizerQueue);
    for (int i = 0; i < 3; ++i) heap.refer(heap.root(RootKind::kFinalizerQueue, "main.close", queue), heap.leaf(1000));
    const RootId goroutine = heap.root(RootKind::kGoroutine, "");
    const GoroutineId id = heap.goroutine(5, GoroutineState::kWaiting, WaitReason::kChanReceive, goroutine,
                                          {"runtime.gopark", "main.close", "runtime.runfinq"});
    if (seconds > 0) heap.snapshot().goroutines[id.row].waiting_ns = seconds * kSecond;
    const Report report = report_of(heap.build());
    ASSERT_THAT(report.findings, SizeIs(1));
    EXPECT_EQ(report.findings[0].title.full, "3 finalizers are due, and the one that runs is blocked at main.close");
    EXPECT_THAT(report.findings[0].because.full,
                HasSubstr("goroutine 5, which runs them one by one, is in chan receive"));
    EXPECT_EQ(report.findings[0].bytes, 3 * 1000U);
    EXPECT_EQ(report.findings[0].confidence, seconds > 0 ? Confidence::kProven : Confidence::kObserved);
  }
}

TEST(Findings, LeaveAFinalizerQueueAloneWhoseGoroutineSleepsOrRuns) {
  for (const auto state : {GoroutineState::kWaiting, GoroutineState::kRunning}) {
    HeapBuilder heap;
    add_ballast(heap);
    heap.refer(heap.root(RootKind::kFinalizerQueue, "main.close"), heap.leaf(1000));
    const RootId goroutine = heap.root(RootKind::kGoroutine, "");
    if (state == GoroutineState::kWaiting)
      heap.goroutine(5, state, WaitReason::kFinalizerWait, goroutine, {"runtime.gopark", "runtime.runfinq"});
    else
      heap.goroutine(5, state, WaitReason::kZero, goroutine, {"main.close", "runtime.runfinq"});
    EXPECT_THAT(report_of(heap.build()).findings, IsEmpty());
  }
}

TEST(Findings, SayThatTheCollectorIsOff) {
  for (const bool off : {true, false}) {
    HeapBuilder heap;
    add_ballast(heap);
    heap.leaf(8 << 20);
    heap.snapshot().account.next_gc = off ? ~std::uint64_t{0} : 64 << 20;
    const Report report = report_of(heap.build());
    ASSERT_THAT(report.findings, SizeIs(off ? 1 : 0));
    if (!off) continue;
    EXPECT_EQ(report.findings[0].id, "collector-off");
    EXPECT_EQ(report.findings[0].title.full, "8.0 MiB of garbage wait for a collection that does not come");
  }
}

TEST(Findings, SayThatTheCollectorWorksAgainstItsLimit) {
  for (const bool near : {true, false}) {
    HeapBuilder heap;
    add_ballast(heap);
    heap::Pace& pace = heap.snapshot().pace;
    pace.known = true;
    pace.memory_limit = 80 << 20;
    pace.counted = near ? 79 << 20 : 40 << 20;
    pace.processors = 2;
    pace.recent_intervals = 75;
    pace.recent_ns = 10 * kSecond;
    pace.last_cycle_ns = 100'000'000;
    pace.last_work_ns = 90'000'000;
    const Report report = report_of(heap.build());
    ASSERT_THAT(report.findings, SizeIs(near ? 1 : 0));
    if (!near) continue;
    EXPECT_EQ(report.findings[0].id, "memory-limit");
    EXPECT_EQ(report.findings[0].title.full, "the collector works against the memory limit of 80.0 MiB");
    EXPECT_EQ(
        report.findings[0].because.full,
        "79.0 MiB count for the limit; 7.5 collections a second, and the last one took 45 % of all processor time "
        "since the one before");
    EXPECT_EQ(report.findings[0].bytes, 79U << 20);
  }
}

TEST(Findings, NameArraysOfPointersThatAreMostlyEmpty) {
  for (const std::uint64_t used : {100U, 200000U}) {
    HeapBuilder heap;
    add_ballast(heap);
    const TypeId item = heap.structure("main.Item", 16, {{"next", {}, 0}});
    const auto array = heap.object(4 << 20, heap.pointer_type("*main.Item", item));
    heap.refer(heap.root(RootKind::kGlobal, "main.items"), array);
    const auto one = heap.object(16, item);
    for (std::uint64_t i = 0; i < used; ++i) heap.edge(array, i * 8, one);
    const Report report = report_of(heap.build());
    const Finding* finding = find(report, "sparse-array");
    ASSERT_EQ(finding != nullptr, used == 100);
    if (finding == nullptr) continue;
    EXPECT_EQ(finding->title.full,
              "524,188 of 524,288 elements of a []*main.Item in main.items refer to nothing on the heap");
    EXPECT_EQ(finding->bytes, (4U << 20) - 800);
    EXPECT_EQ(finding->confidence, Confidence::kObserved);
  }
}

// Makes tables of 128 groups with `per_table` of their 1024 slots in use.
heap::Snapshot map_with(bool swiss, int tables, std::uint64_t per_table) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId item = heap.structure("main.Item", 16, {{"next", {}, 0}});
  const TypeId pointer = heap.pointer_type("*main.Item", item);
  const TypeId number = heap.type("int", TypeKind::kInt, 8);
  const TypeId slot = heap.structure("slot", 16, {{"key", number, 0}, {"elem", pointer, 8}});
  const TypeId slots = heap.type("[8]slot", TypeKind::kArray, 128, slot, 8);
  const TypeId keys = heap.type("[8]int", TypeKind::kArray, 64, number, 8);
  const TypeId elems = heap.type("[8]*main.Item", TypeKind::kArray, 64, pointer, 8);
  const TypeId group = swiss ? heap.structure("map.group[int]*main.Item", 136, {{"ctrl", {}, 0}, {"slots", slots, 8}})
                             : heap.structure("map.bucket[int]*main.Item", 136,
                                              {{"topbits", {}, 0}, {"keys", keys, 8}, {"elems", elems, 72}});
  heap.snapshot().types[group.row].role = swiss ? heap::TypeRole::kMapGroup : heap::TypeRole::kMapBucket;
  const TypeId map = heap.type("map[int]*main.Item", TypeKind::kMap, 8, pointer, 0, number);
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const auto directory = heap.object(1024);
  heap.refer(heap.root(RootKind::kGlobal, "main.index"), header).edge(header, 0, directory);
  const auto one = heap.object(16, item);
  for (int t = 0; t < tables; ++t) {
    const auto table = heap.object(128 * 136ULL, group);
    heap.edge(header, 8 * static_cast<std::uint64_t>(t % 5), table);
    for (std::uint64_t i = 0; i < per_table; ++i)
      heap.edge(table, i / 8 * 136 + (swiss ? 16 + i % 8 * 16 : 72 + i % 8 * 8), one);
  }
  return heap.build();
}

TEST(Findings, NameMapsThatKeepRoomForManyMoreEntriesThanTheyHave) {
  for (const bool swiss : {true, false}) {
    EXPECT_EQ(find(report_of(map_with(swiss, 100, 400)), "sparse-map"), nullptr);
    const Report report = report_of(map_with(swiss, 100, 40));
    const Finding* finding = find(report, "sparse-map");
    ASSERT_NE(finding, nullptr);
    EXPECT_THAT(finding->title.full,
                HasSubstr("has room for 102,400 entries; anything on the heap is in 4,000 of them"));
    EXPECT_THAT(finding->title.full, HasSubstr("main.index"));
    EXPECT_EQ(finding->count, 1U);
  }
}

std::string fingerprint(const Report& report) {
  EXPECT_THAT(report.findings, SizeIs(1));
  return report.findings.empty() ? std::string() : report.findings[0].fingerprint;
}

TEST(Findings, KeepTheFingerprintOfAPlaceInCodeInEveryRunAndAfterAnEdit) {
  const auto blocked = [](std::uint64_t seconds, std::uint32_t line, std::string_view function = "main.work") {
    HeapBuilder heap;
    add_ballast(heap);
    add_goroutines(heap, GoroutineState::kWaiting, WaitReason::kChanSend, seconds * kSecond);
    for (heap::Frame& frame : heap.snapshot().frames) {
      if (heap.snapshot().strings[frame.function] != "main.work") continue;
      frame.function = heap.snapshot().strings.add(function);
      frame.file = heap.snapshot().strings.add("/src/pool.go");
      frame.line = line;
    }
    return report_of(heap.build());
  };
  const Report a = blocked(600, 17), b = blocked(7200, 18);
  EXPECT_EQ(fingerprint(a).size(), 16U);
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_EQ(a.findings[0].fault, "chan send at main.work pool.go:17");
  EXPECT_EQ(b.findings[0].fault, "chan send at main.work pool.go:18");
  EXPECT_NE(fingerprint(a), fingerprint(blocked(600, 17, "main.rest")));
}

TEST(Findings, KeepTheFingerprintOfAPlaceInDataWhateverItsSizeAndIndex) {
  const auto sparse = [](std::uint64_t bytes, std::uint64_t index, std::string_view variable) {
    HeapBuilder heap;
    add_ballast(heap);
    const TypeId item = heap.structure("main.Item", 16, {{"next", {}, 0}});
    const TypeId pointer = heap.pointer_type("*main.Item", item);
    const TypeId shard = heap.structure("main.Shard", 24, {{"items", pointer, 0}});
    const auto shards = heap.object(24 * 8, shard);
    const auto array = heap.object(bytes, pointer);
    heap.refer(heap.root(RootKind::kGlobal, variable), shards);
    heap.edge(shards, 24 * index, array).edge(array, 0, heap.object(16, item));
    return report_of(heap.build());
  };
  const Report a = sparse(4 << 20, 1, "main.shards"), b = sparse(8 << 20, 5, "main.shards");
  EXPECT_EQ(fingerprint(a), fingerprint(b));
  EXPECT_NE(a.findings[0].fault, b.findings[0].fault);
  EXPECT_NE(fingerprint(a), fingerprint(sparse(4 << 20, 1, "main.others")));
}

}  // namespace
}  // namespace holdfast::detect
