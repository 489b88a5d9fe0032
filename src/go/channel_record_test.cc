#include "go/channel_record.h"

#include <gmock/gmock.h>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ChannelRecordTest : public testing::TestWithParam<int> {
 protected:
  Address make_channel(std::uint64_t length, std::uint64_t capacity) {
    const Address channel = image_.make("runtime.hchan");
    set(channel, "qcount", length);
    set(channel, "dataqsiz", capacity);
    set(channel, "elemsize", 24);
    set(channel, "elemtype", 0x400000);
    set(channel, "buf", 0xc000001000);
    return channel;
  }
  void set(Address channel, std::string_view field, std::uint64_t value) {
    image_.set(channel, "runtime.hchan", field, value);
  }
  // From Go 1.26 on, sudog.c is {traced, real}.
  Address make_sudog(Address channel, Address next) {
    const Address sudog = image_.make("runtime.sudog");
    image_.put(sudog + image_.layouts->offset("runtime.sudog", "c") + (GetParam() >= 26 ? 8 : 0), channel);
    image_.set(sudog, "runtime.sudog", "next", next);
    return sudog;
  }
  std::vector<Address> queue(Address channel, Address first, std::uint64_t most) {
    std::vector<Address> sudogs;
    ChannelReader(image_.runtime()).add_queue(channel, first, most, sudogs);
    return sudogs;
  }

  StackImage image_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Releases, ChannelRecordTest, testing::Values(19, 23, 24, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(ChannelRecordTest, SaysHowFullAChannelIs) {
  const Address channel = make_channel(3, 4);
  set(channel, "closed", 1);
  set(channel, "recvq.first", 0x1000);
  set(channel, "sendq.first", 0x2000);
  const auto record = ChannelReader(image_.runtime()).read(channel);
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->is_sound());
  EXPECT_EQ(record->length, 3U);
  EXPECT_EQ(record->capacity, 4U);
  EXPECT_EQ(record->closed, 1U);
  EXPECT_EQ(record->buffer, Address(0xc000001000));
  EXPECT_EQ(record->buffer_bytes(), 96U);
  EXPECT_EQ(record->elem_type, Address(0x400000));
  EXPECT_EQ(record->first_receiver, Address(0x1000));
  EXPECT_EQ(record->first_sender, Address(0x2000));
}

TEST_P(ChannelRecordTest, OfAChannelThatCannotBeReadNothingIsKnown) {
  EXPECT_FALSE(ChannelReader(image_.runtime()).read(Address(0x7fff00000000)));
}

TEST_P(ChannelRecordTest, WhatContradictsItselfIsNotSound) {
  const Address overfull = make_channel(5, 4);
  const Address half_closed = make_channel(3, 4);
  set(half_closed, "closed", 2);
  const Address endless = make_channel(0, std::uint64_t{1} << 62);
  ChannelReader reader(image_.runtime());
  EXPECT_FALSE(reader.read(overfull)->is_sound());
  EXPECT_FALSE(reader.read(half_closed)->is_sound());
  EXPECT_EQ(reader.read(endless)->buffer_bytes(), std::numeric_limits<std::uint64_t>::max());
}

TEST_P(ChannelRecordTest, AQueueIsFollowedFromItsFirstWaiter) {
  const Address channel = make_channel(0, 0);
  const Address last = make_sudog(channel, Address());
  const Address first = make_sudog(channel, last);
  EXPECT_THAT(queue(channel, first, 10), ElementsAre(first, last));
  EXPECT_THAT(queue(channel, Address(), 10), IsEmpty());
}

TEST_P(ChannelRecordTest, AQueueEndsWhereItLeavesItsChannelOrGoesRoundInCircles) {
  const Address channel = make_channel(0, 0);
  const Address stray = make_sudog(Address(0x1000), Address());
  const Address first = make_sudog(channel, stray);
  const Address circle = make_sudog(channel, Address());
  image_.set(circle, "runtime.sudog", "next", circle);
  EXPECT_THAT(queue(channel, first, 10), ElementsAre(first));
  EXPECT_THAT(queue(channel, circle, 3), ElementsAre(circle, circle, circle));
}

}  // namespace
}  // namespace holdfast::go
