#include "capture/build.h"

#include <gmock/gmock.h>

#include <array>

#include "base/architecture.h"
#include "capture/target_for_tests.h"
#include "go/memory_profile.h"
#include "heap/content.h"

namespace holdfast::capture {
namespace {

using go::GoroutineStatus;
using go::HeapImage;
using go::StackImage;
using heap::RootKind;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

constexpr unsigned kSlots64 = 6;  // the size class of 64 bytes

class BuildTest : public testing::TestWithParam<int> {
 protected:
  // Adds a waiting goroutine in main.serve, called by nobody else, whose frame of four words holds what is put into it.
  // `stack_end` is the end of the memory in which its stack lies.
  Address park(std::uint64_t goid, Address stack_end, std::initializer_list<Address> words) {
    if (!serve_) {
      goexit_ = target_.image.function("runtime.goexit", 0, binary::kFlagTopFrame);
      const std::uint32_t none = target_.image.stack_map(1, {{}});
      const std::uint32_t locals = target_.image.stack_map(4, {{0, 1}});
      serve_ = target_.image.function(
          {.name = "main.serve", .sp = {{0x40, kFrame}}, .pcdata = {{}, {{0x40, 0}}}, .funcdata = {none, locals, ~0U}});
    }
    const Address g = target_.goroutine(goid, GoroutineStatus::kWaiting, serve_);
    const Address top = stack_end - 0x200;
    const Address sp = top - 8 - kFrame;
    const auto set = [&](std::string_view field, Address value) { target_.image.set(g, "runtime.g", field, value); };
    set("stack.lo", stack_end - StackImage::kSize);
    set("stack.hi", stack_end);
    set("stktopsp", top);
    set("sched.pc", serve_ + 8);
    set("sched.sp", sp);
    target_.image.put(top - 8, goexit_ + 1);
    Address at = sp + kFrame - 8 - 32;  // the locals end below the saved frame pointer
    for (const Address word : words) {
      target_.image.put(at, word);
      at += 8;
    }
    const auto reason = target_.image.layouts->constant("runtime.waitReasonSleep");
    target_.image.set(g, "runtime.g", "waitreason", static_cast<std::uint64_t>(reason.value()));
    return g;
  }
  // Gives the target a memory profile with one record, of objects of 64 bytes that main.serve allocated. The collection
  // that has ended is the last of `future`, and the runtime has not added it to `active` yet.
  void put_profile(go::SampleCounts active, const std::array<go::SampleCounts, 3>& future) {
    heap_.add_span(kSlots64);
    park(1, StackImage::kStackEnd, {});
    const Address bucket(0x98000000), head = bucket + 0x800, cycle = bucket + 0x810, rate = bucket + 0x820;
    target_.image.map(bucket, 0x1000);
    target_.image.vars.mbuckets = head;
    target_.image.vars.profile_cycle = cycle;
    target_.image.vars.profile_rate = rate;
    target_.image.put(head, bucket);
    target_.image.put(cycle, Address(5 << 1));
    target_.image.put(rate, Address(4096));
    target_.image.set(bucket, "runtime.bucket", "nstk", 1);
    target_.image.set(bucket, "runtime.bucket", "size", 64);
    const go::LayoutSource& layouts = *target_.image.layouts;
    const Address stack = bucket + layouts.get_size("runtime.bucket");
    target_.image.put(stack, serve_ + 0x10);
    const Address record = stack + 8;
    put_counts(record + layouts.offset("runtime.memRecord", "active"), active);
    for (std::size_t c = 0; c < future.size(); ++c)
      put_counts(
          record + layouts.offset("runtime.memRecord", "future") + c * layouts.get_size("runtime.memRecordCycle"),
          future[c]);
  }
  // Says when collections ended, in the runtime's clock.
  void put_collections(std::initializer_list<std::uint64_t> ends) {
    constexpr std::uint64_t kDay = 1795886402000000000;  // when the clock began, as a time of day
    const Address stats(0x97000000);
    target_.image.map(stats, 0x8000);
    target_.image.vars.memstats = stats;
    const auto set = [&](std::string_view field, std::uint64_t value) {
      target_.image.set(stats, "runtime.mstats", field, value);
    };
    set("numgc", ends.size());
    set("last_gc_nanotime", *(ends.end() - 1));
    set("last_gc_unix", kDay + *(ends.end() - 1));
    Address ring = stats + target_.image.layouts->offset("runtime.mstats", "pause_end");
    for (const std::uint64_t end : ends) {
      target_.image.put(ring, kDay + end);
      ring += 8;
    }
  }
  void put_counts(Address at, go::SampleCounts counts) {
    target_.image.set(at, "runtime.memRecordCycle", "allocs", counts.allocs);
    target_.image.set(at, "runtime.memRecordCycle", "frees", counts.frees);
  }
  static std::vector<std::uint32_t> targets(const heap::Snapshot& s, const heap::Root& root) {
    std::vector<std::uint32_t> rows;
    for (std::uint32_t t = 0; t < root.target_count; ++t)
      rows.push_back(s.root_targets[root.first_target + t].object.row);
    return rows;
  }
  static std::vector<heap::Root> roots_of(const heap::Snapshot& s, RootKind kind) {
    std::vector<heap::Root> out;
    for (const heap::Root& root : s.roots)
      if (root.kind == kind) out.push_back(root);
    return out;
  }
  static std::vector<std::uint32_t> edges_of(const heap::Snapshot& s, std::uint32_t row) {
    return {s.edges.target.begin() + s.edges.row_begin[row], s.edges.target.begin() + s.edges.row_begin[row + 1]};
  }
  // Adds a special to a span that has none.
  Address add_special(Address object, Address span, std::string_view kind, std::string_view type) {
    const Address special = target_.image.make(type);
    const auto number = target_.image.layouts->constant(std::string("runtime._KindSpecial") += kind);
    target_.image.set(special, "runtime.special", "kind", static_cast<std::uint64_t>(number.value()));
    target_.image.set(special, "runtime.special", "offset", object - span);
    target_.heap.set(span, "specials", special.value);
    return special;
  }

  static constexpr std::uint32_t kFrame = 0x40;
  TargetImage target_{GetParam()};
  go::HeapImage& heap_ = target_.heap;
  Address goexit_, serve_;
};

INSTANTIATE_TEST_SUITE_P(Releases, BuildTest, testing::Values(19, 21, 23, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(BuildTest, NumbersObjectsThatCanHoldPointersFirst) {
  const Address free_of_pointers = heap_.add_span(kSlots64, false);
  const Address with_pointers = heap_.add_span(kSlots64);
  heap_.keep(free_of_pointers);
  heap_.allocate(with_pointers);
  heap_.keep(with_pointers);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_EQ(s.objects, 3U);
  EXPECT_EQ(s.pointerful, 2U);
  ASSERT_THAT(s.spans, SizeIs(2));
  EXPECT_EQ(s.spans[0].first_object, 2U);
  EXPECT_EQ(s.spans[1].first_object, 0U);
  EXPECT_EQ(s.spans[1].base, with_pointers);
  EXPECT_EQ(s.spans[1].objects, 2U);
  EXPECT_EQ(s.audit.alloc_count_mismatches, 0U);
  EXPECT_EQ(s.target.go_version, target_.image.version.text);
}

// An object with eight references needs more columns than the promise has for it, unless much was copied for it.
TEST_P(BuildTest, WhatCanWaitIsLeftOutWhereItWouldTakeTooMuchMemoryBesideTheCopy) {
  const Address object = heap_.keep(heap_.add_span(kSlots64));
  for (std::uint64_t word = 0; word < 8; ++word) heap_.point(object, word, object);
  Callbacks callbacks;
  int calls = 0;
  callbacks.meanwhile = [&](const heap::Snapshot&) { ++calls; };
  const auto calls_after = [&](bool can_wait, std::uint64_t copied) {
    callbacks.meanwhile_can_wait = can_wait;
    target_.copied_bytes = copied;
    calls = 0;
    EXPECT_EQ(target_.snapshot({}, callbacks).objects, 1U);
    return calls;
  };
  EXPECT_EQ(calls_after(true, 64), 0);
  EXPECT_EQ(calls_after(false, 64), 1);
  EXPECT_EQ(calls_after(true, 4096), 1);
  EXPECT_EQ(calls_after(true, 0), 1);  // a core is no copy
}

TEST_P(BuildTest, OfASweptSpanWhatIsNotMarkedCameAfterTheCollection) {
  const Address span = heap_.add_span(kSlots64);
  heap_.allocate(span);
  heap_.keep(span);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_TRUE(s.spans[0].has_marks);
  EXPECT_FALSE(heap::test_bit(s.marked, 0));
  EXPECT_TRUE(heap::test_bit(s.fresh, 0));
  EXPECT_TRUE(heap::test_bit(s.marked, 1));
  EXPECT_FALSE(heap::test_bit(s.fresh, 1));
}

TEST_P(BuildTest, OfASpanThatWaitsForItsSweepWhatIsNotMarkedIsDead) {
  const Address span = heap_.add_span(kSlots64, true, HeapImage::kSweepGen - 2);
  heap_.allocate(span);
  heap_.mark(heap_.allocate(span));
  const heap::Snapshot s = target_.snapshot();
  EXPECT_TRUE(s.spans[0].has_marks);
  EXPECT_FALSE(heap::test_bit(s.marked, 0));
  EXPECT_FALSE(heap::test_bit(s.fresh, 0));
  EXPECT_TRUE(heap::test_bit(s.marked, 1));
}

TEST_P(BuildTest, OfASpanThatIsBeingSweptNoMarkIsKnown) {
  heap_.keep(heap_.add_span(kSlots64, true, HeapImage::kSweepGen - 1));
  EXPECT_FALSE(target_.snapshot().spans[0].has_marks);
}

// As in a core that was cut off: nothing of it is dead, and nothing new.
TEST_P(BuildTest, OfASpanWhoseBitmapCannotBeReadNoMarkIsKnown) {
  const Address span = heap_.add_span(kSlots64);
  heap_.allocate(span);
  heap_.set(span, "allocBits", Address(0x7fff00000000).value);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_FALSE(s.spans[0].has_marks);
  ASSERT_EQ(s.objects, 1U);
  EXPECT_FALSE(heap::test_bit(s.fresh, 0));
  EXPECT_THAT(target_.losses.sorted(), Contains(Field(&Loss::kind, "unreadable-bitmap")));
}

// Its words are those of what lay there before. Found on a program that allocates without rest: a conservative word
// named the slot, and what the slot had pointed to was dead.
TEST_P(BuildTest, ASlotThatAThreadHasJustTakenIsNoObject) {
  if (!target_.image.layouts->find("runtime.mspan", "freeIndexForScan")) return;  // nothing tells there
  const Address dead_span = heap_.add_span(kSlots64, true, HeapImage::kSweepGen - 2);
  const Address dead = heap_.allocate(dead_span);
  const Address span = heap_.add_span(kSlots64, true, HeapImage::kSweepGen + 3);
  const Address first = heap_.allocate(span);
  heap_.point(first, 0, heap_.allocate(span));
  heap_.set(span, "freeIndexForScan", 2);
  const Address taken = heap_.allocate(span);
  heap_.point(taken, 1, dead);
  heap_.point(taken, 2, dead + 64);  // free
  target_.variable(0, taken);
  heap_.add_allocating_thread(span);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_EQ(s.objects, 3U);
  EXPECT_THAT(edges_of(s, 1), ElementsAre(2U));
  EXPECT_EQ(s.edges.target.size(), 1U);
  EXPECT_EQ(s.audit.pointers_to_free_slots, 0U);
  EXPECT_EQ(s.audit.alloc_count_mismatches, 0U);
}

// Found on esbuild: a stack's memory still has the words of what was there before it became a stack.
TEST_P(BuildTest, WordsAboveTheOutermostFrameExcuseNothing) {
  const Address span = heap_.add_span(kSlots64);
  const Address in_frame = heap_.keep(span), above = heap_.keep(span);
  park(1, StackImage::kStackEnd, {Address(), Address(), Address(), in_frame});
  target_.image.put(StackImage::kStackEnd - 0x200 + 8, above);
  const heap::Snapshot s = target_.snapshot();
  ASSERT_THAT(s.audit.excuses, SizeIs(1));
  EXPECT_EQ(s.audit.excuses[0].object, ObjectId(0));
  EXPECT_EQ(s.audit.excuses[0].cause, heap::MarkCause::kConservativeWord);
  ASSERT_TRUE(s.audit.excuses[0].frame);
  EXPECT_EQ(s.strings[s.frames[s.audit.excuses[0].frame.row].function], "main.serve");
}

TEST_P(BuildTest, CountsSpansThatContradictTheirOwnNumberOfObjects) {
  const Address good = heap_.add_span(kSlots64);
  heap_.keep(good);
  const Address bad = heap_.add_span(kSlots64);
  heap_.keep(bad);
  heap_.set(bad, "allocCount", 5);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_EQ(s.audit.alloc_count_mismatches, 1U);
  EXPECT_THAT(s.audit.mismatched_spans, ElementsAre(bad));
}

TEST_P(BuildTest, FollowsPointerWordsAndNoOthers) {
  const Address span = heap_.add_span(kSlots64);
  const Address a = heap_.keep(span);
  const Address b = heap_.keep(span);
  const Address data = heap_.add_span(kSlots64, false);
  const Address c = heap_.keep(data);
  heap_.point(a, 1, b);
  heap_.point(a, 2, Address(0x500000));  // outside of the heap
  heap_.point(a, 3, c + 17);             // into the middle
  heap_.point(b, 0, a);
  target_.image.put(b + 16, c);  // no pointer by the span's map, whatever it looks like
  target_.image.put(c, a);       // this span holds no pointers at all
  const heap::Snapshot s = target_.snapshot();
  EXPECT_THAT(edges_of(s, 0), ElementsAre(1U, 2U));
  EXPECT_THAT(edges_of(s, 1), ElementsAre(0U));
  EXPECT_EQ(s.edges.count(), 3U);
  EXPECT_THAT(std::vector<int>(s.edges.step.begin(), s.edges.step.end()), ElementsAre(1, 2, 0))
      << "each counts from the one before in its object";
  EXPECT_THAT(s.edges.long_steps, IsEmpty());
  EXPECT_EQ(s.audit.pointers_to_free_slots, 0U);
}

TEST_P(BuildTest, RowsWithoutEdgesBeginWhereTheNextOneDoes) {
  const Address span = heap_.add_span(kSlots64);
  std::vector<Address> objects;
  for (int i = 0; i < 5; ++i) objects.push_back(heap_.keep(span));
  heap_.point(objects[3], 0, objects[1]);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_THAT(std::vector<std::uint32_t>(s.edges.row_begin.begin(), s.edges.row_begin.end()),
              ElementsAre(0U, 0U, 0U, 0U, 1U, 1U));
}

TEST_P(BuildTest, CountsPointersToFreeSlots) {
  const Address span = heap_.add_span(kSlots64);
  const Address a = heap_.keep(span);
  heap_.point(a, 2, a + 128);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_EQ(s.audit.pointers_to_free_slots, 1U);
  EXPECT_THAT(s.audit.free_slot_pointers, ElementsAre(a + 16));
  EXPECT_EQ(s.edges.count(), 0U);
}

TEST_P(BuildTest, WhatTheMarkFoundDeadMayPointToFreeSlots) {
  const Address span = heap_.add_span(kSlots64, true, HeapImage::kSweepGen - 2);
  const Address dead = heap_.allocate(span);
  heap_.point(dead, 2, dead + 128);
  EXPECT_EQ(target_.snapshot().audit.pointers_to_free_slots, 0U);
}

TEST_P(BuildTest, PackageVariablesAreRootsIfTheyHoldAnything) {
  const Address span = heap_.add_span(kSlots64);
  const Address a = heap_.keep(span);
  const Address b = heap_.keep(span);
  const Address cache = target_.variable(0, b + 8);
  target_.variable(1, Address());
  target_.variable(2, Address(0x1234));
  const Address last = target_.variable(3, a);
  target_.name(cache, "main.cache");
  const heap::Snapshot s = target_.snapshot();
  const auto globals = roots_of(s, RootKind::kGlobal);
  ASSERT_THAT(globals, SizeIs(2));
  EXPECT_EQ(globals[0].where, cache);
  EXPECT_THAT(targets(s, globals[0]), ElementsAre(1U));
  EXPECT_EQ(globals[1].where, last);
  EXPECT_THAT(targets(s, globals[1]), ElementsAre(0U));
  EXPECT_FALSE(globals[0].parent);
}

TEST_P(BuildTest, FramesHoldWhatTheirMapsSay) {
  const Address span = heap_.add_span(kSlots64);
  const Address a = heap_.keep(span);
  const Address b = heap_.keep(span);
  const Address c = heap_.keep(span);
  park(17, StackImage::kStackEnd, {a, c, b});  // the map has the first two words
  const heap::Snapshot s = target_.snapshot();
  ASSERT_THAT(s.goroutines, SizeIs(1));
  const heap::Goroutine& g = s.goroutines[0];
  EXPECT_EQ(g.goid, 17U);
  EXPECT_EQ(g.state, heap::GoroutineState::kWaiting);
  EXPECT_EQ(g.wait_reason, WaitReason::kSleep);
  EXPECT_TRUE(g.unwound);
  EXPECT_EQ(s.audit.goroutines_checked, 1U);
  EXPECT_THAT(s.audit.not_unwound, IsEmpty());
  ASSERT_GE(g.frame_count, 1U);
  EXPECT_EQ(s.strings[s.frames[g.first_frame].function], "main.serve");
  const auto frames = roots_of(s, RootKind::kFrame);
  ASSERT_THAT(frames, SizeIs(1));
  EXPECT_EQ(frames[0].parent, g.root);
  EXPECT_EQ(s.roots[g.root.row].kind, RootKind::kGoroutine);
  EXPECT_FALSE(s.roots[g.root.row].parent) << "one goroutine is no group";
  EXPECT_THAT(targets(s, frames[0]), ElementsAre(0U, 2U));
}

TEST_P(BuildTest, GoroutinesAtOnePlaceAreAGroup) {
  const Address span = heap_.add_span(kSlots64);
  const Address a = heap_.keep(span);
  const Address b = heap_.keep(span);
  park(1, StackImage::kStackEnd, {a});
  park(2, StackImage::kSystemStack + StackImage::kSize, {b});
  target_.goroutine(3, GoroutineStatus::kDead, serve_);
  const heap::Snapshot s = target_.snapshot();
  ASSERT_THAT(s.goroutines, SizeIs(3));
  const auto groups = roots_of(s, RootKind::kGroup);
  ASSERT_THAT(groups, SizeIs(1));
  EXPECT_EQ(s.roots[s.goroutines[0].root.row].parent, s.roots[s.goroutines[1].root.row].parent);
  EXPECT_EQ(s.roots[s.roots[s.goroutines[0].root.row].parent.row].kind, RootKind::kGroup);
  EXPECT_FALSE(s.goroutines[2].root) << "who has ended holds nothing";
  EXPECT_EQ(s.goroutines[2].state, heap::GoroutineState::kDead);
}

TEST_P(BuildTest, AStackThatDoesNotEndWhereItBeganIsCounted) {
  heap_.add_span(kSlots64);
  const Address g = park(9, StackImage::kStackEnd, {});
  target_.image.set(g, "runtime.g", "stktopsp", StackImage::kStackEnd - 0x100);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_THAT(s.audit.not_unwound, ElementsAre(9U));
  EXPECT_FALSE(s.goroutines[0].unwound);
}

// The runtime notes when the collection before the one that has seen it wait was about to end.
TEST_P(BuildTest, AGoroutineHasWaitedSinceTheEndOfTheCollectionThatHasSeenItWait) {
  heap_.add_span(kSlots64);
  put_collections({1010, 2010, 3510});
  for (const std::uint64_t since : {1000, 2000, 3500})
    target_.image.set(park(since, StackImage::kStackEnd, {}), "runtime.g", "waitsince", since);
  target_.now_ns = 5000;
  const heap::Snapshot s = target_.snapshot();
  EXPECT_EQ(s.goroutines[0].waiting_ns, 5000U - 2010);
  EXPECT_EQ(s.goroutines[1].waiting_ns, 5000U - 3510);
  EXPECT_EQ(s.goroutines[2].waiting_ns, std::nullopt) << "that collection goes on";
}

TEST_P(BuildTest, InACoreTheEndOfTheLastCollectionIsTheTime) {
  heap_.add_span(kSlots64);
  put_collections({1010, 2010, 3510});
  for (const std::uint64_t since : {1000, 2000})
    target_.image.set(park(since, StackImage::kStackEnd, {}), "runtime.g", "waitsince", since);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_EQ(s.goroutines[0].waiting_ns, 1500U);
  EXPECT_EQ(s.goroutines[1].waiting_ns, std::nullopt);
}

TEST_P(BuildTest, AFinalizerHoldsItsFunctionAndWhatItsObjectHolds) {
  const Address span = heap_.add_span(kSlots64);
  const Address object = heap_.keep(span);
  const Address child = heap_.keep(span);
  const Address closure = heap_.keep(span);
  heap_.point(object, 0, child);
  const Address special = add_special(object, span, "Finalizer", "runtime.specialfinalizer");
  target_.image.set(special, "runtime.specialfinalizer", "fn", closure);
  const heap::Snapshot s = target_.snapshot();
  const auto finalizers = roots_of(s, RootKind::kFinalizer);
  ASSERT_THAT(finalizers, SizeIs(1));
  EXPECT_THAT(targets(s, finalizers[0]), ElementsAre(2U, 1U)) << "not the object itself";
  EXPECT_EQ(finalizers[0].about, ObjectId(0));
  EXPECT_EQ(s.roots[finalizers[0].parent.row].kind, RootKind::kGroup);
}

TEST_P(BuildTest, SampledObjectsKnowWhereTheyWereAllocated) {
  const Address span = heap_.add_span(kSlots64);
  heap_.keep(span);
  const Address sampled = heap_.keep(span);
  park(1, StackImage::kStackEnd, {});
  const Address bucket(0x98000000);
  target_.image.map(bucket, 0x1000);
  target_.image.set(bucket, "runtime.bucket", "nstk", 2);
  const Address stack = bucket + target_.image.layouts->get_size("runtime.bucket");
  target_.image.put(stack, serve_ + 0x10);
  target_.image.put(stack + 8, goexit_ + 1);
  const Address special = add_special(sampled, span, "Profile", "runtime.specialprofile");
  target_.image.set(special, "runtime.specialprofile", "b", bucket);
  const heap::Snapshot s = target_.snapshot();
  ASSERT_THAT(s.sampled, SizeIs(1));
  EXPECT_EQ(s.sampled[0].object, ObjectId(1));
  ASSERT_THAT(s.allocation_stacks, SizeIs(1));
  EXPECT_EQ(s.allocation_stacks[0].frame_count, 2U);
  const heap::Frame& first = s.frames[s.allocation_stacks[0].first_frame];
  EXPECT_EQ(s.strings[first.function], "main.serve");
}

TEST_P(BuildTest, TheMemoryProfileIsThatOfTheLastCollection) {
  put_profile({10, 4}, {{{100, 0}, {1000, 0}, {3, 2}}});
  const heap::Snapshot s = target_.snapshot();
  EXPECT_EQ(s.profile.rate, 4096U);
  EXPECT_TRUE(s.profile.switched_off) << "there is no runtime.MemProfile";
  EXPECT_EQ(s.profile.allocs_since, 1100U);
  EXPECT_EQ(s.profile.alloc_bytes_since, 1100U * 64);
  EXPECT_THAT(s.profile.records, ElementsAre(heap::ProfileRecord{AllocationStackId(0), 64, 13, 6}));
  EXPECT_THAT(target_.losses.sorted(), Not(Contains(Field(&Loss::kind, "torn-profile-record"))));
}

TEST_P(BuildTest, ARecordOfTheMemoryProfileThatWasBeingWrittenIsALoss) {
  put_profile({0, 0}, {{{0, 0}, {0, 0}, {3, 4}}});  // more objects are freed than were allocated
  EXPECT_THAT(target_.snapshot().profile.records, IsEmpty());
  EXPECT_THAT(target_.losses.sorted(), Contains(Field(&Loss::kind, "torn-profile-record")));
}

TEST_P(BuildTest, WhatWasAllocatedWhileTheCollectorMarkedIsExcused) {
  const Address span = heap_.add_span(kSlots64, true, HeapImage::kSweepGen - 2);
  heap_.mark(heap_.allocate(span));
  heap_.mark(heap_.allocate(span));
  if (!target_.image.version.scan_index_rests_while_marking()) {  // earlier releases do not tell
    EXPECT_THAT(target_.snapshot().audit.excuses, IsEmpty());
    return;
  }
  heap_.set(span, "freeIndexForScan", 1);
  const heap::Snapshot s = target_.snapshot();
  ASSERT_THAT(s.audit.excuses, SizeIs(1));
  EXPECT_EQ(s.audit.excuses[0].object, ObjectId(1));
}

TEST_P(BuildTest, AWordOnAStackExcusesAMarkOnlyIfTheGoroutineHasRunSince) {
  const Address span = heap_.add_span(kSlots64);
  heap_.keep(span);
  const Address named = heap_.keep(span);
  const Address g = park(1, StackImage::kStackEnd, {Address(), Address(), named});  // not in a slot of the map
  target_.image.set(g, "runtime.g", "waitsince", 1000);
  EXPECT_THAT(target_.snapshot().audit.excuses, IsEmpty());

  TargetImage& again = target_;
  again.image.set(g, "runtime.g", "waitsince", std::uint64_t{0});
  const heap::Snapshot s = again.snapshot();
  ASSERT_THAT(s.audit.excuses, SizeIs(1));
  EXPECT_EQ(s.audit.excuses[0].object, ObjectId(1));
  ASSERT_TRUE(s.audit.excuses[0].frame);
  EXPECT_EQ(s.strings[s.frames[s.audit.excuses[0].frame.row].function], "main.serve");
}

TEST_P(BuildTest, ContentIsKeptOnlyIfItIsAskedFor) {
  const Address span = heap_.add_span(kSlots64, false);
  target_.image.put<std::uint64_t>(heap_.keep(span) + 8, 0x1122334455667788);
  EXPECT_THAT(target_.snapshot().content.ranges, IsEmpty());
  Options options;
  options.content = ContentNeed::kKept;
  const heap::Snapshot s = target_.snapshot(options);
  EXPECT_EQ(heap::ContentView(s.content).word(span + 8), 0x1122334455667788U);
}

// Of this nothing is copied. It lasts as long as the image.
TEST_P(BuildTest, ContentOnDemandIsReadWhenItIsAskedFor) {
  constexpr Address kValue{0x500000};
  const Address span = heap_.add_span(kSlots64, false);
  target_.image.put<std::uint64_t>(heap_.keep(span) + 8, 0x1122334455667788);
  target_.image.map(kValue, 0x1000);
  park(1, StackImage::kStackEnd, {});
  target_.image.put(kValue, serve_);
  EXPECT_EQ(target_.snapshot().content.source, nullptr);
  Options options;
  options.content = ContentNeed::kOnDemand;
  const heap::Snapshot s = target_.snapshot(options);
  EXPECT_THAT(s.content.ranges, IsEmpty());
  ASSERT_NE(s.content.source, nullptr);
  std::vector<std::uint8_t> bytes(8);
  EXPECT_EQ(s.content.source->read(span + 8, bytes), 8U);
  EXPECT_EQ(bytes[0], 0x88);
  EXPECT_EQ(s.content.source->read(Address(0x10), bytes), 0U);
  bytes.resize(0x2000);
  EXPECT_EQ(s.content.source->read(kValue + 0xff0, bytes), 0x10U) << "as far as it goes";
  EXPECT_EQ(s.content.source->function_of(kValue), "main.serve");
  EXPECT_EQ(s.content.source->function_of(kValue + 8), "");
}

// The read-only segment of the program lies at 0x500000.
TEST_P(BuildTest, ContentHasTheConstantsThatItNames) {
  constexpr Address kText{0x500010}, kOther{0x500018};
  const Address span = heap_.add_span(kSlots64, false), at_page_end = span + kSystemPage - 8;
  target_.image.map(Address(0x500000), 0x1000);
  for (std::uint64_t i = 0; i < 0x100; ++i) target_.image.put<std::uint8_t>(Address(0x500000 + i), 'a');
  target_.image.put(heap_.keep(span), kText);
  target_.image.put<std::uint64_t>(span + 8, 5);
  target_.image.put(at_page_end, kOther);
  target_.image.put<std::uint64_t>(at_page_end + 8, 3);
  target_.image.put(span + 32, kText + 0x10);  // no length behind it
  Options options;
  options.content = ContentNeed::kKept;
  const heap::Snapshot s = target_.snapshot(options);
  const heap::ContentView content(s.content);
  EXPECT_TRUE(content.find(kText, 5));
  EXPECT_FALSE(content.find(kText, 6));
  EXPECT_TRUE(content.find(kOther, 3)) << "named across the end of a page";
  EXPECT_FALSE(content.find(kText + 0x10, 1));
  EXPECT_TRUE(std::ranges::is_sorted(s.content.ranges, {}, &AddressRange::begin));
}

// An interface of a type of four bytes at 0x500000, or of an itab at 0x500008 that leads to it.
TEST_P(BuildTest, ContentHasTheConstantsThatInterfacesHold) {
  constexpr Address kType{0x500000}, kItab{0x500008}, kValue{0x500018}, kOther{0x50001c}, kText{0x500020};
  const Address span = heap_.add_span(kSlots64, false);
  target_.image.map(Address(0x500000), 0x1000);
  for (std::uint64_t i = 0x18; i < 0x40; ++i) target_.image.put<std::uint8_t>(Address(0x500000 + i), 'a');
  target_.image.put<std::uint64_t>(kType, 4);
  target_.image.put(kItab, kOther);
  target_.image.put(kItab + 8, kType);
  target_.image.put(heap_.keep(span), kType);
  target_.image.put(span + 8, kValue);
  target_.image.put(span + 24, kItab);
  target_.image.put(span + 32, kOther);
  target_.image.put(span + 48, kText);  // nothing before it says what lies there
  Options options;
  options.content = ContentNeed::kKept;
  const heap::Snapshot s = target_.snapshot(options);
  const heap::ContentView content(s.content);
  EXPECT_TRUE(content.find(kValue, 8)) << "both values, side by side";
  EXPECT_FALSE(content.find(kValue, 9));
  EXPECT_FALSE(content.find(kText, 1));
}

TEST_P(BuildTest, ContentNamesTheFunctionsThatFunctionValuesCall) {
  constexpr Address kValue{0x500000}, kInside{0x500008};
  const Address span = heap_.add_span(kSlots64, false);
  target_.image.map(Address(0x500000), 0x1000);
  park(1, StackImage::kStackEnd, {});
  target_.image.put(kValue, serve_);
  target_.image.put(kInside, serve_ + 4);  // not where it begins
  target_.image.put(heap_.keep(span), kValue);
  target_.image.put(span + 8, kInside);
  Options options;
  options.content = ContentNeed::kKept;
  const heap::Snapshot s = target_.snapshot(options);
  const heap::NamedWord* const named = heap::find_named_word(s, kValue);
  ASSERT_NE(named, nullptr);
  EXPECT_EQ(s.strings[named->function], "main.serve");
  EXPECT_EQ(heap::find_named_word(s, kInside), nullptr);
  EXPECT_THAT(target_.snapshot().named_words, IsEmpty());
}

TEST_P(BuildTest, ContentHasNoPagesOfZeros) {
  const Address span = heap_.add_span(kSlots64, false), second_page = span + kSystemPage;
  target_.image.put<std::uint64_t>(heap_.keep(span) + 8, 1);
  Options options;
  options.content = ContentNeed::kKept;
  heap::Snapshot s = target_.snapshot(options);
  EXPECT_EQ(heap::ContentView(s.content).word(span), 0U);
  EXPECT_EQ(heap::ContentView(s.content).word(second_page), std::nullopt);
  target_.image.put<std::uint64_t>(second_page + 8, 1);
  s = target_.snapshot(options);
  EXPECT_EQ(heap::ContentView(s.content).word(second_page), 0U);
}

}  // namespace
}  // namespace holdfast::capture
