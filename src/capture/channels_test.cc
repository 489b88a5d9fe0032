#include "capture/channels.h"

#include <gmock/gmock.h>

#include "capture/waiting_for_tests.h"

namespace holdfast::capture {
namespace {

using go::GoroutineStatus;
using heap::Channel;
using heap::ChannelWait;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;

class ChannelsTest : public WaitingTest {};

INSTANTIATE_TEST_SUITE_P(Releases, ChannelsTest, testing::Values(19, 23, 24, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(ChannelsTest, TellsHowFullTheyAreAndWhoWaits) {
  const Address full = make_channel(8, 8), closed = make_channel(0, 8);
  set(closed, "closed", 1);
  park(closed, false);
  park(full, true);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_THAT(s.channels, ElementsAre(Channel{ObjectId(0), 8, 8, false}, Channel{ObjectId(1), 0, 8, true}));
  EXPECT_THAT(s.channel_waits, ElementsAre(ChannelWait{GoroutineId(0), ChannelId(1), false},
                                           ChannelWait{GoroutineId(1), ChannelId(0), true}));
  EXPECT_THAT(target_.losses.sorted(), Not(Contains(Field(&Loss::kind, "bad-channel"))));
}

TEST_P(ChannelsTest, OfASelectTellsTheDirectionOfEachCase) {
  const Address to = make_channel(8, 8), from = make_channel(0, 0);
  const Address g = add_goroutine("Select");
  const Address send = make_sudog(g, to, true), receive = make_sudog(g, from, true), again = make_sudog(g, from, true);
  wait(g, send);
  link(send, "waitlink", receive);
  link(receive, "waitlink", again);
  link(receive, "next", again);
  set(to, "sendq.first", send.value);
  set(from, "recvq.first", receive.value);
  EXPECT_THAT(target_.snapshot().channel_waits, ElementsAre(ChannelWait{GoroutineId(0), ChannelId(0), true},
                                                            ChannelWait{GoroutineId(0), ChannelId(1), false}));
}

// A goroutine that another case of its select has woken stays in the queue until it runs.
TEST_P(ChannelsTest, WhoDoesNotWaitAnyMoreDoesNotCount) {
  const Address channel = make_channel(0, 0);
  park(channel, false);
  const Address woken = target_.goroutine(++goid_, GoroutineStatus::kRunnable, {});
  const Address sudog = make_sudog(woken, channel, true);
  wait(woken, sudog);
  set(channel, "sendq.first", sudog.value);
  EXPECT_THAT(target_.snapshot().channel_waits, ElementsAre(ChannelWait{GoroutineId(0), ChannelId(0), false}));
}

TEST_P(ChannelsTest, RefusesWhatContradictsItselfOrTheHeap) {
  const Address overfull = make_channel(9, 8), too_large = make_channel(0, 9);
  park(overfull, true);
  park(too_large, true);
  const heap::Snapshot s = target_.snapshot();
  EXPECT_THAT(s.channels, IsEmpty());
  EXPECT_THAT(s.channel_waits, IsEmpty());
  EXPECT_THAT(target_.losses.sorted(), Contains(AllOf(Field(&Loss::kind, "bad-channel"), Field(&Loss::count, 2U))));
}

// It has no elements yet, and is no damage.
TEST_P(ChannelsTest, LeavesOutAChannelThatIsBeingMade) {
  const Address channel = make_channel(9, 8);
  set(channel, "elemtype", 0);
  park(channel, true);
  EXPECT_THAT(target_.snapshot().channels, IsEmpty());
  EXPECT_THAT(target_.losses.sorted(), Not(Contains(Field(&Loss::kind, "bad-channel"))));
}

}  // namespace
}  // namespace holdfast::capture
