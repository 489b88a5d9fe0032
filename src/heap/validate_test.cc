#include "heap/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "heap/sample_for_tests.h"

namespace holdfast::heap {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::HeapBuilder;
using ::testing::IsEmpty;

TEST(Validate, FindsNoProblemInASoundSnapshot) {
  EXPECT_THAT(problems(testing::one_of_everything()), IsEmpty());
  EXPECT_THAT(problems(HeapBuilder().build()), IsEmpty());
}

TEST(Validate, DoesNotFollowBrokenRowsWhenItHasSeenEnough) {
  Snapshot snapshot = testing::one_of_everything();
  for (int i = 0; i < 1000; ++i) snapshot.types.emplace_back().name = StringId(99);
  snapshot.edges.row_begin[1] = 1 << 30;
  EXPECT_FALSE(problems(snapshot).empty());
}

TEST(Validate, NamesEachBrokenPromise) {
  const auto expect_problem = [](const std::function<void(Snapshot&)>& damage, const char* text) {
    Snapshot snapshot = testing::one_of_everything();
    testing::add_content(snapshot);
    damage(snapshot);
    EXPECT_THAT(problems(snapshot), Contains(HasSubstr(text)));
  };
  using S = Snapshot;
  expect_problem([](S& s) { s.spans[0].base = s.spans[1].base; }, "span 1 of");
  expect_problem([](S& s) { s.spans[0].base += 8; }, "span 0 of");
  expect_problem([](S& s) { s.spans[2].base = Address(std::uint64_t{1} << 47); }, "span 2 of");
  expect_problem([](S& s) { s.spans[0].slot_size = 0; }, "3 slots of 0 bytes");
  expect_problem([](S& s) { s.spans[0].slots = 1000; }, "1000 slots");
  expect_problem([](S& s) { s.spans[1].first_object = 3; }, "begins with object 3 instead of 2");
  expect_problem([](S& s) { s.spans[0].bits_at = 7; }, "bit words 7");
  expect_problem([](S& s) { s.allocated[0] = 7; }, "3 bits for 2 objects");
  expect_problem([](S& s) { s.allocated[0] = 9; }, "bits behind its 3 slots");
  expect_problem([](S& s) { s.objects = 5; }, "not 3 of 5");
  expect_problem([](S& s) { s.marked.clear(); }, "mark bits");
  expect_problem([](S& s) { s.fresh.clear(); }, "fresh bits");
  expect_problem([](S& s) { s.object_type.shrink(1); }, "1 object types for 4 objects");
  expect_problem([](S& s) { s.object_type[3] = {TypeId(2), KnownBy::kCode}; }, "object 3 is of type 2 of 2");
  expect_problem([](S& s) { s.object_type[3] = {TypeId(1), static_cast<KnownBy>(15)}; }, "known by 15");
  expect_problem([](S& s) { s.types[1].elem = TypeId(2); }, "type 1 names type 2");
  expect_problem([](S& s) { s.types[1].name = StringId(99); }, "type 1 names string 99");
  expect_problem([](S& s) { s.types[1].field_count = 3; }, "type 1 has rows 0 .. 3 of 2");
  expect_problem([](S& s) { s.types[1].first_field = StringId::kNone; }, "type 1 has rows");
  expect_problem([](S& s) { s.types[1].kind = static_cast<TypeKind>(29); }, "is of kind 29");
  expect_problem([](S& s) { s.fields[0].type = TypeId(5); }, "field 0 names type 5");
  expect_problem([](S& s) { s.edges.row_begin[1] = 4; }, "edge row 1 is 4 .. 3");
  expect_problem([](S& s) { s.edges.row_begin[3] = 4; }, "of 5 edges");
  expect_problem([](S& s) { s.edges.target[2] = 4; }, "edge 2 names object 4 of 4");
  expect_problem([](S& s) { s.edges.step[1] = 3; }, "span 0 has an edge that leaves behind the 24 bytes");
  expect_problem([](S& s) { s.edges.long_steps[0].second = 131072; }, "span 1 has an edge that leaves behind");
  expect_problem([](S& s) { s.edges.long_steps.clear(); }, "1 edges ask for a long step and there are 0");
  expect_problem([](S& s) { s.edges.long_steps[0].first = 3; }, "10000 words of edge 3");
  expect_problem([](S& s) { s.roots[1].parent = RootId(1); }, "root 1 has parent 1");
  expect_problem([](S& s) { s.roots[1].kind = static_cast<RootKind>(17); }, "root 1 is of kind 17");
  expect_problem([](S& s) { s.roots[1].label = LabelId(7); }, "root 1 names label 7");
  expect_problem([](S& s) { s.labels[1].code.file = StringId(50); }, "label 1 names string 50");
  expect_problem([](S& s) { s.labels[1].basis = static_cast<Basis>(6); }, "label 1 has basis 6");
  expect_problem([](S& s) { s.labels[1].relation = Relation::kBehind; }, "label 1 is behind label");
  expect_problem([](S& s) { s.labels[1].behind = LabelId(0); }, "label 1 is behind label 0");
  expect_problem(
      [](S& s) {
        s.labels[1].relation = Relation::kBehind;
        s.labels[1].behind = LabelId(1);
      },
      "label 1 is behind label 1");
  expect_problem([](S& s) { s.roots[1].goroutine = GoroutineId(1); }, "goroutine 1 of 1");
  expect_problem([](S& s) { s.roots[2].target_count = 2; }, "root 2 has rows 1 .. 3 of 2");
  expect_problem([](S& s) { s.root_targets[0].object = ObjectId(); }, "root target 0");
  expect_problem([](S& s) { s.goroutines[0].frame_count = 6; }, "goroutine 0 has rows 0 .. 6 of 5");
  expect_problem([](S& s) { s.goroutines[0].root = RootId(3); }, "goroutine 0 has root 3 of 3");
  expect_problem([](S& s) { s.goroutines[0].state = static_cast<GoroutineState>(10); }, "in state 10");
  expect_problem([](S& s) { s.frames[1].file = StringId(50); }, "frame 1 names string 50");
  expect_problem([](S& s) { s.types[1].file = StringId(50); }, "type 1 names string 50");
  expect_problem([](S& s) { s.types[1].of = TypeId(9); }, "type 1 names type 9");
  expect_problem([](S& s) { s.types[1].role = static_cast<TypeRole>(12); }, "type 1 has role 12");
  expect_problem([](S& s) { s.allocation_stacks[1].frame_count = 3; }, "allocation stack 1 has rows 3 .. 6 of 5");
  expect_problem([](S& s) { s.sampled[1].object = ObjectId(4); }, "sample 1 is of object 4 of 4");
  expect_problem([](S& s) { s.sampled[1].stack = AllocationStackId(); }, "sample 1 is of object 1 of 4 and stack");
  expect_problem([](S& s) { s.profile.records[1].stack = AllocationStackId(2); },
                 "profile record 1 is of stack 2 of 2");
  expect_problem([](S& s) { s.profile.records[0].frees = 8; }, "profile record 0 has 8 objects freed, 7 allocated");
  expect_problem([](S& s) { s.profile.mappings[0].range.end = Address(1); }, "the code of /usr/bin/checkout lies at");
  expect_problem([](S& s) { s.sampled[0] = s.sampled[1]; }, "sample 1 is of object 1, the one before it of 1");
  expect_problem([](S& s) { s.goroutine_labels[0].goroutine = GoroutineId(1); }, "goroutine label 0 is of goroutine 1");
  expect_problem([](S& s) { s.goroutine_labels[0].value = StringId(); }, "goroutine label 0 names string");
  expect_problem([](S& s) { s.channels[0].object = ObjectId(4); }, "channel 0 is object 4 of 4");
  expect_problem([](S& s) { s.channels.push_back(s.channels[0]); }, "channel 1 is object 3 of 4, out of order");
  expect_problem([](S& s) { s.channels[0].length = 5; }, "channel 0 has 5 elements in room for 4");
  expect_problem([](S& s) { s.channel_waits[0].channel = ChannelId(1); }, "goroutine 0 of 1 for channel 1 of 1");
  expect_problem([](S& s) { s.channel_waits.push_back(s.channel_waits[0]); }, "wait 1 is of goroutine 0 of 1");
  expect_problem([](S& s) { s.map_fills = {{ObjectId(4), 1, 64, 0}}; }, "map 0 is object 4 of 4");
  expect_problem([](S& s) { s.map_fills.assign(2, {ObjectId(1), 1, 64, 0}); }, "map 1 is object 1 of 4, out of order");
  expect_problem([](S& s) { s.map_fills = {{ObjectId(1), 65, 64, 0}}; }, "map 0 has 65 entries in room for 64");
  expect_problem([](S& s) { s.timers = {{.object = ObjectId(4)}}; }, "timer 0 is object 4");
  expect_problem([](S& s) { s.timers = {{.argument = ObjectId(4)}}; }, "with object 4");
  expect_problem([](S& s) { s.timers = {{.goroutine = GoroutineId(1)}}; }, "for goroutine 1");
  expect_problem([](S& s) { s.timers = {{.object = ObjectId(1)}, {.object = ObjectId(0)}}; }, "timer 1 is object 0");
  expect_problem([](S& s) { s.timers = {{.calls = StringId(50)}}; }, "timer 0 names string 50");
  expect_problem([](S& s) { s.awaited_locks = {{.object = ObjectId(4)}}; }, "lock 0 lies in object 4");
  expect_problem([](S& s) { s.awaited_locks = {{.label = LabelId(50)}}; }, "with label 50");
  expect_problem([](S& s) { s.awaited_locks = {{.semaphore = Address(8)}, {.semaphore = Address(8)}}; }, "lock 1");
  expect_problem([](S& s) { s.lock_holders = {{.goroutine = GoroutineId(1)}}; }, "lock holder 0 is goroutine 1 of 1");
  expect_problem([](S& s) { s.lock_holders = {{{}, GoroutineId(0), FrameId(99)}}; }, "at frame 99 of");
  expect_problem([](S& s) { s.lock_holders.assign(2, {{}, GoroutineId(0)}); }, "lock holder 1 is");
  expect_problem([](S& s) { s.closed_files = {{ObjectId(4)}}; }, "closed file 0 is object 4 of");
  expect_problem([](S& s) { s.closed_files.assign(2, {ObjectId(0)}); }, "closed file 1 is");
  expect_problem([](S& s) { s.stale_words = {{ObjectId(4), 0, {}, false}}; }, "stale word 0 lies in object 4 of");
  expect_problem([](S& s) { s.stale_words.assign(2, {ObjectId(0), 8, {}, true}); }, "stale word 1 is out of order");
  expect_problem([](S& s) { s.audit.excuses[0].object = ObjectId(4); }, "mark excuse 0");
  expect_problem([](S& s) { s.audit.excuses[0].frame = FrameId(99); }, "mark excuse 0 rests on frame 99");
  expect_problem([](S& s) { s.roots[1].about = ObjectId(4); }, "root 1 is about object 4 of 4");
  expect_problem([](S& s) { s.audit.excuses[0].cause = static_cast<MarkCause>(4); }, "mark excuse 0 has cause 4");
  expect_problem([](S& s) { s.roots[1].frame = FrameId(5); }, "root 1 is of frame 5 of 5");
  expect_problem([](S& s) { s.wake_ups = {{GoroutineId(1), {}, {}, {}}}; }, "wake-up 0 is of goroutine 1");
  expect_problem([](S& s) { s.wake_ups = {{GoroutineId(0), ObjectId(4), {}, {}}}; }, "by object 4");
  expect_problem([](S& s) { s.wake_ups = {{GoroutineId(0), {}, GoroutineId(0), {}}}; }, "the stack of 0");
  expect_problem([](S& s) { s.wake_ups.assign(2, {GoroutineId(0), {}, {}, {}}); }, "wake-up 1 is of goroutine 0");
  expect_problem([](S& s) { s.actors = {{ObjectId(4)}}; }, "actor 0 is object 4 of 4");
  expect_problem([](S& s) { s.actors = {{ObjectId(1)}, {ObjectId(0)}}; }, "actor 1 is object 0 of 4, out of order");
  expect_problem([](S& s) { s.span_records.resize(1); }, "1 records of 3 spans");
  expect_problem(
      [](S& s) {
        s.span_records.resize(3);
        s.span_records[0].free_index = 4;
      },
      "span 0 has a free index of 4 with 3 slots");
  const auto with_header = [](S& s, std::uint32_t type, std::uint64_t capacity) {
    s.frame_headers = {{Address(8), Address(16), TypeId(type), 2, capacity, HeaderBasis::kCode, StringId()}};
  };
  expect_problem([&](S& s) { with_header(s, 99, 2); }, "frame header 0 is of type 99");
  const auto with_large = [](S& s, const LargeHeader& header) { s.large_headers = {header}; };
  const LargeHeader large{ObjectId(0), {}, ObjectId(2), TypeId(0), 0, 0, 8, 16};
  const auto changed = [&](auto&& change) {
    LargeHeader header = large;
    change(header);
    return header;
  };
  expect_problem([&](S& s) { s.large_headers.assign(2, large); }, "large header 1 is out of order");
  expect_problem([&](S& s) { s.element_pointers.assign(2, large); }, "element pointer 1 is out of order");
  expect_problem([&](S& s) { with_large(s, changed([](auto& h) { h.object = ObjectId(3); })); }, "in object 3 of 3");
  expect_problem([&](S& s) { with_large(s, changed([](auto& h) { h.object = {}; })); }, "large header 0 lies in");
  expect_problem([&](S& s) { with_large(s, changed([](auto& h) { h.variable = RootId(0); })); }, "or root 0");
  expect_problem([&](S& s) { with_large(s, changed([](auto& h) { h.into = ObjectId(4); })); }, "for object 4 of 4");
  expect_problem([&](S& s) { with_large(s, changed([](auto& h) { h.type = TypeId(99); })); }, "is of type 99");
  expect_problem([&](S& s) { with_large(s, changed([](auto& h) { h.length = 17; })); }, "length 17 and capacity 16");
  expect_problem([&](S& s) { with_large(s, changed([](auto& h) { h.begin = ~0ULL; })); }, "capacity 16 from");
  expect_problem([&](S& s) { with_header(s, 0, 1); }, "frame header 0 has length 2 and capacity 1");
  expect_problem(
      [&](S& s) {
        with_header(s, 0, 2);
        s.frame_headers.push_back(s.frame_headers[0]);
      },
      "frame header 1 at 0x8 is out of order");
  expect_problem([](S& s) { s.content.bytes.shrink(8); }, "8 bytes of content for ranges of 16");
  expect_problem([](S& s) { s.named_words[1].word = s.named_words[0].word; }, "named word 1 0x500000 is out of order");
  expect_problem([](S& s) { s.named_words[0].type = TypeId(99); }, "named word 0 is of type 99");
  expect_problem([](S& s) { s.named_words[1].function = StringId(9999); }, "named word 1 names string");
  expect_problem([](S& s) { std::swap(s.content.ranges[0], s.content.ranges[1]); }, "content [0x10");
  expect_problem([](S& s) { std::swap(s.absent[0], s.absent[1]); }, "absent memory [0x1000, 0x2000) is out of order");
}

}  // namespace
}  // namespace holdfast::heap
