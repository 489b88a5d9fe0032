#include "go/channel_queues.h"

#include <gmock/gmock.h>

#include <vector>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::IsNull;
using testing::Pointee;

class ChannelQueuesTest : public testing::TestWithParam<int> {
 protected:
  Address make_channel(std::uint64_t length, std::uint64_t capacity) {
    const Address channel = image_.make("runtime.hchan");
    image_.set(channel, "runtime.hchan", "qcount", length);
    image_.set(channel, "runtime.hchan", "dataqsiz", capacity);
    return channel;
  }
  // From Go 1.26 on, sudog.c is {traced, real}.
  Address make_sudog(Address channel) {
    const Address sudog = image_.make("runtime.sudog");
    image_.put(sudog + image_.layouts->offset("runtime.sudog", "c") + (GetParam() >= 26 ? 8 : 0), channel);
    return sudog;
  }
  // Some goroutine says that it waits for the channel.
  void await(Address channel, Address sudog) {
    WaitTarget wait;
    wait.sudog = sudog;
    wait.object = channel;
    scheduler_.waits.push_back(wait);
  }
  void queue(Address channel, std::string_view first, Address sudog) {
    image_.set(channel, "runtime.hchan", first, sudog.value);
  }

  StackImage image_{GetParam()};
  Scheduler scheduler_;
};

INSTANTIATE_TEST_SUITE_P(Releases, ChannelQueuesTest, testing::Values(19, 23, 24, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(ChannelQueuesTest, TellsForWhichChannelAndInWhichDirectionSomebodyWaits) {
  const Address one = make_channel(0, 0), other = make_channel(0, 0);
  const Address receiver = make_sudog(one), next = make_sudog(one), sender = make_sudog(other);
  image_.set(receiver, "runtime.sudog", "next", next.value);
  queue(one, "recvq.first", receiver);
  queue(other, "sendq.first", sender);
  await(one, receiver);
  await(other, sender);
  const ChannelQueues queues(image_.runtime(), scheduler_);
  EXPECT_THAT(queues.find(receiver), Pointee(QueuedWaiter{one, false}));
  EXPECT_THAT(queues.find(next), Pointee(QueuedWaiter{one, false}));
  EXPECT_THAT(queues.find(sender), Pointee(QueuedWaiter{other, true}));
}

TEST_P(ChannelQueuesTest, WhoIsInNoQueueIsNotFoundThoughItSaysSo) {
  const Address channel = make_channel(0, 0), gone = make_sudog(channel);
  await(channel, gone);
  EXPECT_THAT(ChannelQueues(image_.runtime(), scheduler_).find(gone), IsNull());
}

TEST_P(ChannelQueuesTest, TakesNothingFromAChannelThatContradictsItself) {
  const Address overfull = make_channel(5, 4), sudog = make_sudog(overfull);
  queue(overfull, "sendq.first", sudog);
  await(overfull, sudog);
  EXPECT_THAT(ChannelQueues(image_.runtime(), scheduler_).find(sudog), IsNull());
}

TEST_P(ChannelQueuesTest, ARingComesToAnEnd) {
  const Address channel = make_channel(0, 0), sudog = make_sudog(channel);
  image_.set(sudog, "runtime.sudog", "next", sudog.value);
  queue(channel, "recvq.first", sudog);
  await(channel, sudog);
  EXPECT_THAT(ChannelQueues(image_.runtime(), scheduler_).find(sudog), Pointee(QueuedWaiter{channel, false}));
}

}  // namespace
}  // namespace holdfast::go
