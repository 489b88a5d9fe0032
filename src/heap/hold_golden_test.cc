// Files of every format and of every step since (docs/hold-format.md), which later versions must read for ever. Older
// files hold less; what they hold is checked value by value.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/error.h"
#include "heap/hold_file.h"
#include "heap/hold_sections.h"

namespace holdfast::heap {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Snapshot read_golden(const std::string& name) {
  const std::string path = std::string(HOLDFAST_GOLDEN) + "/hold/" + name;
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  return read_hold(ByteView(std::as_bytes(std::span(text)), path));
}

void expect_target_of_format_4(const Snapshot& s) {
  EXPECT_EQ(s.target.kind, TargetKind::kLive);
  EXPECT_EQ(s.target.pid, 4711);
  EXPECT_EQ(s.target.name, "checkout");
  EXPECT_EQ(s.target.exe, "/usr/bin/checkout");
  EXPECT_EQ(s.target.go_version, "go1.26.8");
  EXPECT_EQ(s.target.goarch, "amd64");
  EXPECT_TRUE(s.target.has_symbols);
  EXPECT_FALSE(s.target.has_dwarf);
  EXPECT_EQ(s.target.threads, 5U);
  EXPECT_EQ(s.target.memory_limit, 4ULL << 30);
  EXPECT_EQ(s.target.captured_at_ns, 1795886403000000000);
  EXPECT_EQ(s.target.host, "vm");
  EXPECT_EQ(s.target.kernel, "6.1.0");
  EXPECT_EQ(s.target.captured_with, "0.1.0");
  EXPECT_TRUE(s.target.from_file);
  EXPECT_EQ(s.pause, (Pause{35, 38, 6 << 20}));
  EXPECT_TRUE(s.account.known);
  EXPECT_EQ(s.account.rss, 64U << 20);
  EXPECT_EQ(s.account.live, 2U << 20);
  EXPECT_THAT(s.mem_stats, ElementsAre(std::pair<std::string, std::uint64_t>("HeapAlloc", 1048688)));
}

void expect_objects_of_format_4(const Snapshot& s) {
  EXPECT_EQ(s.pointerful, 3U);
  EXPECT_EQ(s.objects, 4U);
  ASSERT_THAT(s.spans, SizeIs(3));
  EXPECT_EQ(s.spans[0].base, Address(0xc000000000));
  EXPECT_EQ(s.spans[0].slots, 3U);
  EXPECT_EQ(s.spans[0].objects, 2U);
  EXPECT_EQ(s.spans[1].slot_size, 1U << 20);
  EXPECT_FALSE(s.spans[2].has_pointers);
  EXPECT_EQ(s.allocated[0], 0b101U);
  EXPECT_THAT(s.absent, ElementsAre(AddressRange{Address(0xc000002000), Address(0xc000003000)}));
  EXPECT_TRUE(test_bit(s.marked, 0));
  EXPECT_FALSE(test_bit(s.marked, 1));
  EXPECT_TRUE(test_bit(s.fresh, 1));
  EXPECT_THAT(s.edges.row_begin.span(), ElementsAre(0, 2, 3, 5));
  EXPECT_THAT(s.edges.target.span(), ElementsAre(3, 1, 0, 0, 1));
  EXPECT_THAT(s.edges.step.span(), ElementsAre(0, 2, 2, 0, 255));
  EXPECT_THAT(s.edges.long_steps, ElementsAre(std::pair<std::uint32_t, std::uint64_t>(4, 10000)));
  EXPECT_THAT(s.content.ranges, ElementsAre(AddressRange{Address(0xc000000000), Address(0xc000000008)}));
  EXPECT_THAT(s.content.bytes.span(), ElementsAre(0, 0, 0, 0, 0, 0, 0, 9));
}

void expect_types_of_format_4(const Snapshot& s) {
  ASSERT_THAT(s.types, SizeIs(2));
  EXPECT_EQ(s.strings[s.types[0].name], "string");
  EXPECT_EQ(s.types[0].kind, TypeKind::kString);
  EXPECT_EQ(s.strings[s.types[1].name], "main.Node");
  EXPECT_EQ(s.types[1].kind, TypeKind::kStruct);
  EXPECT_TRUE(s.types[1].is_named);
  EXPECT_EQ(s.types[1].size, 24U);
  ASSERT_THAT(s.fields, SizeIs(2));
  EXPECT_EQ(s.strings[s.fields[1].name], "next");
  EXPECT_EQ(s.fields[1].offset, 16U);
  EXPECT_THAT(s.object_type.span(),
              ElementsAre(ObjectType(TypeId(1), KnownBy::kHeader), ObjectType(TypeId(1), KnownBy::kPropagated),
                          ObjectType(), ObjectType(TypeId(0), KnownBy::kCode)));
}

void expect_roots_of_format_4(const Snapshot& s) {
  ASSERT_THAT(s.roots, SizeIs(3));
  EXPECT_EQ(s.roots[0].kind, RootKind::kGroup);
  const Label& group = s.labels[s.roots[0].label.row];
  EXPECT_EQ(group.members, RootKind::kGoroutine);
  EXPECT_EQ(group.wait_reason, WaitReason::kChanSend);
  EXPECT_EQ(s.strings[group.code.function], "main.send");
  EXPECT_EQ(s.strings[group.code.file], "/src/main.go");
  EXPECT_EQ(group.code.line, 17U);
  EXPECT_EQ(s.roots[1].kind, RootKind::kGoroutine);
  EXPECT_EQ(s.roots[1].parent, RootId(0));
  EXPECT_EQ(s.roots[1].goroutine, GoroutineId(0));
  EXPECT_EQ(s.roots[2].kind, RootKind::kGlobal);
  EXPECT_EQ(s.roots[2].type, TypeId(1));
  EXPECT_EQ(s.strings[s.labels[s.roots[2].label.row].variable], "main.head");
  EXPECT_EQ(s.labels[s.roots[2].label.row].basis, Basis::kSymbol);
  EXPECT_THAT(s.root_targets, ElementsAre(RootTarget{ObjectId(2), 16}, RootTarget{ObjectId(0), 0}));
  ASSERT_THAT(s.goroutines, SizeIs(1));
  EXPECT_EQ(s.goroutines[0].goid, 7U);
  EXPECT_EQ(s.goroutines[0].state, GoroutineState::kWaiting);
  EXPECT_EQ(s.goroutines[0].wait_reason, WaitReason::kChanSend);
  EXPECT_EQ(s.goroutines[0].waiting_ns, 90000000000U);
  EXPECT_EQ(s.goroutines[0].frame_count, 2U);
  EXPECT_EQ(s.strings[s.frames[s.goroutines[0].first_frame].function], "main.send");
}

void expect_all_of_format_4(const Snapshot& s) {
  expect_target_of_format_4(s);
  expect_objects_of_format_4(s);
  expect_types_of_format_4(s);
  expect_roots_of_format_4(s);
  EXPECT_THAT(s.sampled, ElementsAre(SampledObject{ObjectId(0), AllocationStackId(0)}));
  ASSERT_THAT(s.allocation_stacks, SizeIs(1));
  EXPECT_EQ(s.strings[s.frames[s.allocation_stacks[0].first_frame].function], "main.add");
  EXPECT_EQ(s.audit.gc_cycles, 3U);
  EXPECT_THAT(s.audit.not_unwound, ElementsAre(7));
  EXPECT_THAT(s.audit.counters, ElementsAre(Counter{"HeapAlloc", 1048688, 1048680, CounterRule::kInFlight, 0}));
  EXPECT_THAT(s.audit.excuses, ElementsAre(MarkExcuse{ObjectId(1), MarkCause::kConservativeWord}));
}

// Expects a loss for each part that was not kept yet, and no other.
void expect_missing(const Snapshot& s, const std::vector<HoldPart>& parts) {
  std::vector<std::string_view> expected;
  std::vector<std::string> said;
  for (const HoldPart part : parts) expected.push_back(rule_of(part).without);
  for (const Loss& loss : s.losses) {
    EXPECT_EQ(loss.kind, "missing-section");
    said.push_back(loss.detail);
  }
  EXPECT_THAT(said, ElementsAreArray(expected));
}

TEST(HoldGolden, Format4) {
  const Snapshot s = read_golden("format-4.hold");
  expect_all_of_format_4(s);
  expect_missing(s, {HoldPart::kProfile, HoldPart::kRuntimes, HoldPart::kGoroutineLabels, HoldPart::kPace,
                     HoldPart::kCHeap, HoldPart::kMappings, HoldPart::kChannels, HoldPart::kSpanRecords,
                     HoldPart::kWakeUps, HoldPart::kFrameHeaders, HoldPart::kBuildModules, HoldPart::kMapFills,
                     HoldPart::kLargeHeaders, HoldPart::kTimers, HoldPart::kAwaitedLocks, HoldPart::kStaleWords,
                     HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(s.goroutine_labels, IsEmpty());
  EXPECT_FALSE(s.target.release_given);
  EXPECT_THAT(s.target.runtimes, IsEmpty());
}

TEST(HoldGolden, Format4WithRuntimes) {
  const Snapshot s = read_golden("format-4-runtimes.hold");
  expect_all_of_format_4(s);
  expect_missing(s, {HoldPart::kProfile, HoldPart::kGoroutineLabels, HoldPart::kPace, HoldPart::kCHeap,
                     HoldPart::kMappings, HoldPart::kChannels, HoldPart::kSpanRecords, HoldPart::kWakeUps,
                     HoldPart::kFrameHeaders, HoldPart::kBuildModules, HoldPart::kMapFills, HoldPart::kLargeHeaders,
                     HoldPart::kTimers, HoldPart::kAwaitedLocks, HoldPart::kStaleWords, HoldPart::kElementPointers,
                     HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_TRUE(s.target.release_given);
  EXPECT_THAT(s.target.runtimes, ElementsAre(GoRuntime{"/usr/lib/a.so", "go1.26.8", 1048688, true},
                                             GoRuntime{"/usr/lib/b.so", "", std::nullopt, false}));
}

// The file has one root more than those before it.
TEST(HoldGolden, Format4WithReasonsOfMarks) {
  const Snapshot s = read_golden("format-4-reasons.hold");
  expect_objects_of_format_4(s);
  EXPECT_THAT(s.audit.excuses, ElementsAre(MarkExcuse{ObjectId(1), MarkCause::kConservativeWord, FrameId(1)}));
  ASSERT_THAT(s.roots, SizeIs(4));
  EXPECT_EQ(s.roots[3].kind, RootKind::kFinalizer);
  EXPECT_EQ(s.roots[3].about, ObjectId(2));
  EXPECT_FALSE(s.roots[2].about);
  EXPECT_EQ(s.profile, MemoryProfile());
}

TEST(HoldGolden, Format4WithTheMemoryProfile) {
  const Snapshot s = read_golden("format-4-profile.hold");
  expect_objects_of_format_4(s);
  EXPECT_TRUE(s.profile.known);
  EXPECT_EQ(s.profile.rate, 512U << 10);
  EXPECT_TRUE(s.profile.switched_off);
  EXPECT_EQ(s.profile.allocs_since, 3U);
  EXPECT_EQ(s.profile.alloc_bytes_since, 300U);
  EXPECT_THAT(s.profile.records, ElementsAre(ProfileRecord{AllocationStackId(0), 24, 7, 2}));
  EXPECT_THAT(s.profile.mappings,
              ElementsAre(CodeMapping{{Address(0x400000), Address(0x500000)}, 4096, "/usr/bin/checkout", "abcdef"}));
}

TEST(HoldGolden, Format4WithLabelsOfGoroutines) {
  const Snapshot s = read_golden("format-4-labels.hold");
  expect_objects_of_format_4(s);
  expect_missing(s,
                 {HoldPart::kProfile, HoldPart::kPace, HoldPart::kCHeap, HoldPart::kMappings, HoldPart::kChannels,
                  HoldPart::kSpanRecords, HoldPart::kWakeUps, HoldPart::kFrameHeaders, HoldPart::kBuildModules,
                  HoldPart::kMapFills, HoldPart::kLargeHeaders, HoldPart::kTimers, HoldPart::kAwaitedLocks,
                  HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  ASSERT_THAT(s.goroutine_labels, SizeIs(1));
  EXPECT_EQ(s.goroutine_labels[0].goroutine, GoroutineId(0));
  EXPECT_EQ(s.strings[s.goroutine_labels[0].key], "tenant");
  EXPECT_EQ(s.strings[s.goroutine_labels[0].value], "acme");
  EXPECT_FALSE(s.pace.known);
  EXPECT_FALSE(s.c_heap.recognised);
  EXPECT_THAT(s.mappings, IsEmpty());
  EXPECT_EQ(s.goroutines[0].stack_used, 0U);
  EXPECT_FALSE(s.goroutines[0].largest_frame);
  EXPECT_EQ(s.account.free_pages, 0U);
}

TEST(HoldGolden, Format4WithMemoryOutsideOfTheHeap) {
  const Snapshot s = read_golden("format-4-account.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kChannels, HoldPart::kSpanRecords, HoldPart::kWakeUps, HoldPart::kFrameHeaders,
                     HoldPart::kBuildModules, HoldPart::kMapFills, HoldPart::kLargeHeaders, HoldPart::kTimers,
                     HoldPart::kAwaitedLocks, HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders,
                     HoldPart::kClosedFiles});
  EXPECT_EQ(s.goroutines[0].stack.size(), 0x2000U);
  EXPECT_EQ(s.goroutines[0].stack_used, 640U);
  EXPECT_EQ(s.goroutines[0].largest_frame, FrameId(1));
  EXPECT_EQ(s.goroutines[0].largest_frame_bytes, 512U);
  EXPECT_EQ(s.account.free, 9U << 20);
  EXPECT_EQ(s.account.free_pages, 8U << 20);
  EXPECT_EQ(s.account.released_resident, 6U << 20);
  EXPECT_EQ(s.account.huge, 2U << 20);
  EXPECT_FALSE(s.account.of_mappings);
  EXPECT_EQ(s.pace, (Pace{true, 100, 1 << 30, 9 << 20, 1048688, 4, 1795886402000000000, 3, 6000000000, 0.125, 5000000,
                          2000000000}));
  EXPECT_EQ(s.c_heap, (CHeap{true, 30, 50000, 4096, 4, 16384, 2, 62288, 1, 4096}));
}

TEST(HoldGolden, Format4WithMappings) {
  const Snapshot s = read_golden("format-4-account.hold");
  ASSERT_THAT(s.mappings, SizeIs(2));
  EXPECT_EQ(s.strings[s.mappings[0].name], "/data/pages.db");
  EXPECT_EQ(s.mappings[0].range, (AddressRange{Address(0x7f0000000000), Address(0x7f0000400000)}));
  EXPECT_EQ(s.mappings[0].use, MappingUse::kFile);
  EXPECT_EQ(s.mappings[0].resident, 1U << 20);
  EXPECT_TRUE(s.mappings[0].shared);
  EXPECT_EQ(s.mappings[0].pointers, 2U);
  EXPECT_EQ(s.mappings[1].use, MappingUse::kOther);
  EXPECT_EQ(s.mappings[1].huge, 2U << 20);
  EXPECT_THAT(s.mapping_holders, ElementsAre(MappingHolder{0, ObjectId(1), {}, 8, Address(0x7f0000000000)},
                                             MappingHolder{0, {}, s.roots[2].label, 0, Address(0x7f0000001000)}));
}

TEST(HoldGolden, Format4WithChannels) {
  const Snapshot s = read_golden("format-4-channels.hold");
  expect_objects_of_format_4(s);
  expect_missing(s,
                 {HoldPart::kSpanRecords, HoldPart::kWakeUps, HoldPart::kFrameHeaders, HoldPart::kBuildModules,
                  HoldPart::kMapFills, HoldPart::kLargeHeaders, HoldPart::kTimers, HoldPart::kAwaitedLocks,
                  HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(s.channels, ElementsAre(Channel{ObjectId(3), 3, 4, true}));
  EXPECT_THAT(s.channel_waits, ElementsAre(ChannelWait{GoroutineId(0), ChannelId(0), true}));
}

TEST(HoldGolden, Format4WithNamedWords) {
  const Snapshot s = read_golden("format-4-words.hold");
  expect_objects_of_format_4(s);
  expect_missing(s,
                 {HoldPart::kSpanRecords, HoldPart::kWakeUps, HoldPart::kFrameHeaders, HoldPart::kBuildModules,
                  HoldPart::kMapFills, HoldPart::kLargeHeaders, HoldPart::kTimers, HoldPart::kAwaitedLocks,
                  HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  ASSERT_THAT(s.named_words, SizeIs(2));
  EXPECT_EQ(s.named_words[0], (NamedWord{Address(0x500000), TypeId(1), true, {}}));
  EXPECT_EQ(s.named_words[1].word, Address(0x500010));
  EXPECT_FALSE(s.named_words[1].type);
  EXPECT_EQ(s.strings[s.named_words[1].function], "main.send");
  EXPECT_THAT(read_golden("format-4-channels.hold").named_words, IsEmpty());
}

TEST(HoldGolden, Format4WithRecordsOfSpans) {
  const Snapshot s = read_golden("format-4-spans.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kWakeUps, HoldPart::kFrameHeaders, HoldPart::kBuildModules, HoldPart::kMapFills,
                     HoldPart::kLargeHeaders, HoldPart::kTimers, HoldPart::kAwaitedLocks, HoldPart::kStaleWords,
                     HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(s.span_records, ElementsAre(SpanRecord{2, SweepState::kSwept, 3},
                                          SpanRecord{1, SweepState::kWaits, SpanRecord::kNobody}, SpanRecord()));
  EXPECT_EQ(s.roots[1].frame, FrameId(0));
  EXPECT_FALSE(s.roots[2].frame);
  EXPECT_THAT(read_golden("format-4-words.hold").span_records, IsEmpty());
}

TEST(HoldGolden, Format4WithWhatCanWakeGoroutines) {
  const Snapshot s = read_golden("format-4-wake-ups.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kFrameHeaders, HoldPart::kBuildModules, HoldPart::kMapFills, HoldPart::kLargeHeaders,
                     HoldPart::kTimers, HoldPart::kAwaitedLocks, HoldPart::kStaleWords, HoldPart::kElementPointers,
                     HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(s.wake_ups, ElementsAre(WakeUp{GoroutineId(0), ObjectId(3), {}, ObjectId(2)}));
  EXPECT_THAT(s.actors, ElementsAre(Actor{ObjectId(0), ActorKind::kTimerList}, Actor{ObjectId(1), ActorKind::kThread}));
  EXPECT_THAT(read_golden("format-4-spans.hold").wake_ups, IsEmpty());
}

TEST(HoldGolden, Format4WithHeadersInFrames) {
  const Snapshot s = read_golden("format-4-headers.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kBuildModules, HoldPart::kMapFills, HoldPart::kLargeHeaders, HoldPart::kTimers,
                     HoldPart::kAwaitedLocks, HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders,
                     HoldPart::kClosedFiles});
  ASSERT_EQ(s.frame_headers.size(), 2U);
  EXPECT_EQ(s.frame_headers[0].at, Address(0xc000100008));
  EXPECT_EQ(s.frame_headers[0].data, Address(0xc000000040));
  EXPECT_EQ(s.frame_headers[0].length, 3U);
  EXPECT_EQ(s.frame_headers[0].capacity, std::nullopt);
  EXPECT_EQ(s.frame_headers[0].basis, HeaderBasis::kVariable);
  EXPECT_EQ(s.strings[s.frame_headers[0].variable], "buffer");
  EXPECT_EQ(s.frame_headers[1].basis, HeaderBasis::kNearness);
  EXPECT_FALSE(s.frame_headers[1].length);
  EXPECT_THAT(read_golden("format-4-spans.hold").frame_headers, IsEmpty());
}

TEST(HoldGolden, Format4WithModulesOfTheBuild) {
  const Snapshot s = read_golden("format-4-modules.hold");
  expect_objects_of_format_4(s);
  expect_missing(s,
                 {HoldPart::kMapFills, HoldPart::kLargeHeaders, HoldPart::kTimers, HoldPart::kAwaitedLocks,
                  HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(s.target.build_modules,
              ElementsAre(BuildModule{"example.com/app", "(devel)"}, BuildModule{"golang.org/x/net", "v0.17.0"}));
  EXPECT_THAT(read_golden("format-4-headers.hold").target.build_modules, IsEmpty());
}

TEST(HoldGolden, Format4WithFactsForFindings) {
  const Snapshot s = read_golden("format-4-facts.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kAwaitedLocks, HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders,
                     HoldPart::kClosedFiles});
  EXPECT_THAT(s.map_fills, ElementsAre(MapFill{ObjectId(1), 5, 64, 1024}));
  EXPECT_THAT(s.large_headers, ElementsAre(LargeHeader{ObjectId(0), {}, ObjectId(2), TypeId(0), 0, 1000, 8, 8},
                                           LargeHeader{{}, RootId(2), ObjectId(2), TypeId(0), 8, 0, 16, 1 << 20}));
  ASSERT_EQ(s.timers.size(), 1U);
  EXPECT_EQ(s.timers[0].object, ObjectId(0));
  EXPECT_EQ(s.timers[0].argument, ObjectId(1));
  EXPECT_EQ(s.timers[0].goroutine, GoroutineId(0));
  EXPECT_EQ(s.timers[0].kind, TimerKind::kFunction);
  EXPECT_FALSE(s.timers[0].stopped);
  EXPECT_TRUE(s.timers[0].due_known);
  EXPECT_EQ(s.strings[s.timers[0].function], "time.goFunc");
  EXPECT_EQ(s.strings[s.timers[0].calls], "main.expire");
  EXPECT_EQ(s.timers[0].due_in_ns, -1000);
  EXPECT_EQ(s.timers[0].period_ns, 5000U);
  EXPECT_EQ(s.types[1].removals, MapRemovals::kNever);
  const Snapshot before = read_golden("format-4-headers.hold");
  EXPECT_THAT(before.map_fills, IsEmpty());
  EXPECT_THAT(before.timers, IsEmpty());
  EXPECT_EQ(before.types[1].removals, MapRemovals::kUnknown);
}

TEST(HoldGolden, Format4WithTracesOfDeletes) {
  const Snapshot s = read_golden("format-4-deletes.hold");
  expect_objects_of_format_4(s);
  EXPECT_THAT(s.map_fills, ElementsAre(MapFill{ObjectId(1), 5, 64, 1024, DeleteTraces::kNone}));
  EXPECT_EQ(read_golden("format-4-facts.hold").map_fills[0].deletes, DeleteTraces::kUnknown);
}

TEST(HoldGolden, Format4WithLocks) {
  const Snapshot s = read_golden("format-4-locks.hold");
  expect_objects_of_format_4(s);
  expect_missing(s,
                 {HoldPart::kStaleWords, HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(
      s.awaited_locks,
      ElementsAre(
          AwaitedLock{
              Address(0xc00000000c), Address(0xc000000000), ObjectId(0), {}, LockKind::kRwMutex, true, true, 2, 0},
          AwaitedLock{
              Address(0xc000000028), Address(0xc000000020), ObjectId(1), {}, LockKind::kWaitGroup, true, false, 0, 3}));
  EXPECT_THAT(read_golden("format-4-facts.hold").awaited_locks, IsEmpty());
}

TEST(HoldGolden, Format4WithStaleWords) {
  const Snapshot s = read_golden("format-4-stale.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kElementPointers, HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(s.stale_words, ElementsAre(StaleWord{ObjectId(0), 8, Address(0xc000000018), false},
                                         StaleWord{ObjectId(1), 16, Address(0xc000000018), true}));
  EXPECT_EQ(s.audit.stale_numbers, 1U);
  EXPECT_EQ(s.account.lazy_free, 1U << 20);
  EXPECT_EQ(s.target.c_handles_made, 5000U);
  const Snapshot before = read_golden("format-4-facts.hold");
  EXPECT_EQ(before.account.lazy_free, 0U);
  EXPECT_FALSE(before.target.c_handles_made);
}

TEST(HoldGolden, Format4WithPointersToElements) {
  const Snapshot s = read_golden("format-4-elements.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kLockHolders, HoldPart::kClosedFiles});
  EXPECT_THAT(s.element_pointers, ElementsAre(LargeHeader{ObjectId(1), {}, ObjectId(2), TypeId(1), 8, 4800, 24, 24}));
  EXPECT_THAT(read_golden("format-4-stale.hold").element_pointers, IsEmpty());
}

TEST(HoldGolden, Format4WithLockHolders) {
  const Snapshot s = read_golden("format-4-holders.hold");
  expect_objects_of_format_4(s);
  expect_missing(s, {HoldPart::kClosedFiles});
  EXPECT_THAT(s.lock_holders,
              ElementsAre(LockHolder{Address(0x500000), GoroutineId(0), FrameId(1), LockHold::kSurely}));
  EXPECT_THAT(read_golden("format-4-elements.hold").lock_holders, IsEmpty());
}

TEST(HoldGolden, Format4WithClosedFiles) {
  const Snapshot s = read_golden("format-4-closed.hold");
  expect_objects_of_format_4(s);
  EXPECT_THAT(s.losses, IsEmpty());
  EXPECT_THAT(s.closed_files, ElementsAre(ClosedFile{ObjectId(0)}, ClosedFile{ObjectId(1)}));
  EXPECT_THAT(s.map_fills, ElementsAre(MapFill{ObjectId(1), 5, 64, 1024, DeleteTraces::kNone, 3}));
  const Snapshot before = read_golden("format-4-holders.hold");
  EXPECT_THAT(before.closed_files, IsEmpty());
  EXPECT_FALSE(before.map_fills[0].nan_keys);
}

}  // namespace
}  // namespace holdfast::heap
