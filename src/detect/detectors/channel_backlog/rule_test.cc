#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::GoroutineState;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;
using view::Report;

// A channel with elements of 2 MiB each, and room for some.
struct Queue {
  Queue(std::uint64_t elements, std::uint64_t room) {
    add_ballast(heap);
    const auto channel = heap.object(4096);
    for (std::uint64_t i = 0; i < elements; ++i) heap.edge(channel, 96 + 8 * i, heap.leaf(2 << 20));
    heap.refer(heap.root(RootKind::kGlobal, "main.queue"), channel);
    heap.snapshot().channels = {{heap.id(channel), elements, room, false}};
  }
  // Adds a goroutine at one of its ends.
  void wait(bool sends, std::uint64_t bytes = 0) {
    const auto reason = sends ? WaitReason::kChanSend : WaitReason::kChanReceive;
    const RootId root = heap.root(RootKind::kGoroutine, "");
    const GoroutineId id = heap.goroutine(7, GoroutineState::kWaiting, reason, root, {"runtime.gopark", "main.work"});
    if (bytes > 0) heap.refer(root, heap.leaf(bytes));
    heap.snapshot().channel_waits.push_back({id, ChannelId(0), sends});
  }

  HeapBuilder heap;
};

TEST(ChannelBacklog, SaysWhatWaitsWhereNobodyReceives) {
  Queue queue(6, 10);
  queue.wait(true);
  const Report report = report_of(queue.heap.build());
  const view::Finding* const finding = find(report, "channel-backlog");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_EQ(finding->title.full, "6 elements wait in the channel main.queue, which has room for 10");
  EXPECT_THAT(finding->because.full, HasSubstr("nobody waits to receive, while 1 goroutine waits to send"));
  EXPECT_EQ(finding->bytes, 6 * (std::uint64_t{2} << 20) + 4096);
}

TEST(ChannelBacklog, AddsUpChannelsWithoutNames) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId type = heap.structure("main.client", 64, {{"inbox", {}, 0}});
  const RootId hub = heap.root(RootKind::kGlobal, "main.hub");
  std::vector<heap::Channel> channels;
  for (int i = 0; i < 40; ++i) {
    const auto client = heap.object(64, type), channel = heap.object(1024);
    heap.refer(hub, client);
    heap.edge(client, 0, channel).edge(channel, 96, heap.leaf(50 << 10));
    channels.push_back({heap.id(channel), 16, 16, false});
  }
  heap.snapshot().channels = channels;
  const Report report = report_of(heap.build());
  const view::Finding* const finding = find(report, "channel-backlog");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, HasSubstr("640 elements wait in 40 channels"));
  EXPECT_THAT(finding->title.full, HasSubstr("which have room for 640"));
  EXPECT_THAT(finding->because.full, HasSubstr("they are full, and nobody waits to receive"));
}

TEST(ChannelBacklog, IsNoneWhereSomebodyReceives) {
  Queue queue(6, 10);
  queue.wait(false);
  EXPECT_EQ(find(report_of(queue.heap.build()), "channel-backlog"), nullptr);
}

TEST(ChannelBacklog, CountsSendersThatQueue) {
  Queue queue(0, 0);
  for (int i = 0; i < 25; ++i) queue.wait(true, 100 << 10);
  const Report report = report_of(queue.heap.build());
  const view::Finding* const finding = find(report, "channel-backlog");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full, "25 goroutines queue to send to the channel main.queue");
  EXPECT_EQ(finding->because.full, "nobody waits to receive; no other goroutine has it in hand");
  EXPECT_GE(finding->bytes, 25U * (100 << 10));
}

TEST(ChannelBacklog, LeavesFewSendersAlone) {
  Queue queue(0, 0);
  for (int i = 0; i < 15; ++i) queue.wait(true, 1 << 20);
  EXPECT_EQ(find(report_of(queue.heap.build()), "channel-backlog"), nullptr);
}

TEST(ChannelBacklog, IsNoneOfAQueueThatIsNearlyEmpty) {
  Queue queue(2, 10);
  EXPECT_EQ(find(report_of(queue.heap.build()), "channel-backlog"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
