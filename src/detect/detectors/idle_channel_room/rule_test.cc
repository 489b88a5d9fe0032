#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::TypeRole;
using heap::testing::HeapBuilder;

constexpr std::uint64_t kEvent = 256;

// So many clients with channels of events; `length` of the room of each are there.
heap::Snapshot clients(unsigned count, std::uint64_t length, std::uint64_t room, bool is_absent = false) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId event = heap.type("main.event", TypeKind::kStruct, kEvent);
  const TypeId of_events = heap.type("chan main.event", TypeKind::kChan, 8, event);
  const TypeId channel_type = heap.type_of_role(TypeRole::kChannel, 96, event);
  const TypeId client = heap.structure("main.client", 64, {{"events", of_events, 0}});
  const RootId hub = heap.root(RootKind::kGlobal, "main.hub");
  std::vector<std::pair<HeapBuilder::Handle, HeapBuilder::Handle>> made;
  for (unsigned i = 0; i < count; ++i) {
    const auto owner = heap.object(64, client), channel = heap.object(96, channel_type);
    const auto buffer = heap.object(kEvent * room, event);
    heap.refer(hub, owner);
    heap.edge(owner, 0, channel).edge(channel, 16, buffer);
    made.emplace_back(channel, buffer);
  }
  heap::Snapshot s = heap.build();
  for (const auto& [channel, buffer] : made) s.channels.push_back({heap.id(channel), length, room, false});
  std::ranges::sort(s.channels, {}, &heap::Channel::object);
  if (is_absent)
    for (const heap::Span& span : s.spans)
      if (span.slot_size == kEvent * room) s.absent.push_back({span.base, span.base + span.bytes()});
  return s;
}

TEST(IdleChannelRoom, IsPossiblyTooMuchIfHardlyAnyIsUsed) {
  const view::Report report = report_of(clients(200, 1, 256));
  const view::Finding* const finding = find(report, "idle-channel-room");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 200U);
  EXPECT_EQ(finding->bytes, 200 * 255 * kEvent);
  EXPECT_THAT(finding->title.full, ::testing::HasSubstr("have room for 51,200 elements and 200 in it"));
}

TEST(IdleChannelRoom, IsNoneIfItIsUsedOrSmallOrNotInMemory) {
  for (const heap::Snapshot& heap :
       {clients(200, 64, 256), clients(200, 1, 8), clients(2, 1, 256), clients(200, 1, 256, true)})
    EXPECT_EQ(find(report_of(heap), "idle-channel-room"), nullptr);
}

TEST(IdleChannelRoom, WantsAFifthOfTheHeapIfTheyAreFew) {
  EXPECT_NE(find(report_of(clients(1, 3, 32 << 10)), "idle-channel-room"), nullptr);
  EXPECT_EQ(find(report_of(clients(1, 3, 8 << 10)), "idle-channel-room"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
