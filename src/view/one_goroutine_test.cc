#include "view/one_goroutine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Goroutines 7 and 8 wait to send to a full channel, 9 waits to receive from another one and knows the first.
class OneGoroutineOfThree : public ::testing::Test {
 protected:
  OneGoroutineOfThree() {
    channel_ = heap_.object(96);
    other_ = heap_.object(96);
    own_ = heap_.object(4096, heap_.structure("main.payload", 4096, {}));
    common_ = heap_.leaf(1024);
    for (const std::uint64_t goid : {7, 8, 9}) add(goid);
    heap_.edge(own_, 8, common_);
    heap_.refer(heap_.root(heap::RootKind::kGlobal, "main.common"), common_);
    heap::Snapshot& s = heap_.snapshot();
    s.channels = {{heap_.id(channel_), 3, 3, false}, {heap_.id(other_), 0, 0, false}};
    s.channel_waits = {{GoroutineId(0), ChannelId(0), true},
                       {GoroutineId(1), ChannelId(0), true},
                       {GoroutineId(2), ChannelId(1), false}};
    heap_.refer(frames_[0], own_, 0x18).refer(frames_[0], channel_, 0x20);
    heap_.refer(frames_[1], channel_, 0x20);
    heap_.refer(frames_[2], other_).refer(frames_[2], channel_);
  }

  void add(std::uint64_t goid) {
    const RootId goroutine = heap_.root(heap::RootKind::kGoroutine, "");
    const std::string_view function = goid == 9 ? "main.hold" : "main.ask";
    frames_.push_back(heap_.root(heap::RootKind::kFrame, function, goroutine));
    const GoroutineId id = heap_.goroutine(goid, heap::GoroutineState::kWaiting,
                                           goid == 9 ? WaitReason::kChanReceive : WaitReason::kChanSend, goroutine,
                                           {"runtime.gopark", function});
    heap::Snapshot& s = heap_.snapshot();
    s.roots[frames_.back().row].goroutine = id;
    s.roots[frames_.back().row].frame = FrameId(s.goroutines.back().first_frame + 1);
    s.goroutines.back().parent_goid = 7;
  }

  OneGoroutine look(std::uint64_t goid, std::size_t top = 0) {
    if (!built_) snapshot_ = heap_.build();
    built_ = true;
    const heap::ObjectIndex index(snapshot_);
    const Names names(snapshot_, index);
    return one_goroutine(names, Channels(names), graph::dominators(snapshot_), goid, top);
  }

  HeapBuilder heap_;
  HeapBuilder::Handle channel_, other_, own_, common_;
  std::vector<RootId> frames_;
  heap::Snapshot snapshot_;
  bool built_ = false;
};

TEST_F(OneGoroutineOfThree, KnowsWhoWaitsAtWhichEnd) {
  const OneGoroutine one = look(7);
  ASSERT_THAT(one.channels, SizeIs(1));
  const WaitedChannel& waited = one.channels[0];
  EXPECT_TRUE(waited.sends);
  EXPECT_FALSE(waited.receives);
  EXPECT_EQ(waited.channel.length, 3U);
  ASSERT_THAT(waited.beside, SizeIs(1));
  EXPECT_THAT(waited.beside[0].goids, ElementsAre(8));
  EXPECT_EQ(waited.beside[0].place.function, "main.ask");
  EXPECT_THAT(waited.opposite, IsEmpty());
  ASSERT_THAT(waited.on_stacks, SizeIs(1));
  EXPECT_THAT(waited.on_stacks[0].goids, ElementsAre(9));
  EXPECT_TRUE(one.parent_lives);
  EXPECT_EQ(one.parent_goid, 7U);
}

TEST_F(OneGoroutineOfThree, SeesWhoWaitsAtTheOtherEndOfASelect) {
  heap_.snapshot().channel_waits.push_back({GoroutineId(2), ChannelId(0), false});
  std::ranges::sort(heap_.snapshot().channel_waits);
  const OneGoroutine sender = look(7);
  EXPECT_THAT(sender.channels[0].opposite[0].goids, ElementsAre(9));
  EXPECT_THAT(sender.channels[0].on_stacks, IsEmpty());
  const OneGoroutine receiver = look(9);
  ASSERT_THAT(receiver.channels, SizeIs(2));
  EXPECT_THAT(receiver.channels[0].opposite[0].goids, ElementsAre(7, 8));
}

TEST_F(OneGoroutineOfThree, TellsWhatItAloneKeeps) {
  const OneGoroutine one = look(7);
  EXPECT_EQ(one.retained_bytes, 4096U);
  EXPECT_EQ(one.retained_objects, 1U);
  EXPECT_EQ(one.shared_bytes, 96U + 1024U);
  EXPECT_EQ(one.shared_objects, 2U);
  ASSERT_THAT(one.frames, SizeIs(2));
  EXPECT_THAT(one.frames[0].pointers, IsEmpty());
  const StackFrame& frame = one.frames[1];
  EXPECT_EQ(frame.place.function, "main.ask");
  EXPECT_EQ(frame.retained_bytes, 4096U);
  ASSERT_THAT(frame.pointers, SizeIs(2));
  EXPECT_EQ(frame.pointers[0].offset, 0x18U);
  EXPECT_EQ(frame.pointers[0].type, "main.payload");
  EXPECT_TRUE(frame.pointers[0].alone);
  EXPECT_EQ(frame.pointers[1].retained_bytes, 96U);
  EXPECT_FALSE(frame.pointers[1].alone);
}

TEST_F(OneGoroutineOfThree, SaysWhatIsLeftOut) {
  const OneGoroutine one = look(7, 1);
  EXPECT_THAT(one.frames[1].pointers, SizeIs(1));
  EXPECT_EQ(one.frames[1].left_out, 1U);
  EXPECT_EQ(one.frames[1].left_out_bytes, 96U);
}

// Captures of older holdfasts do not say which frame of several alike has the words.
TEST_F(OneGoroutineOfThree, GuessesNoFrameThatTheCaptureDoesNotTell) {
  for (heap::Root& root : heap_.snapshot().roots) root.frame = {};
  const OneGoroutine one = look(7);
  ASSERT_THAT(one.frames, SizeIs(3));
  EXPECT_THAT(one.frames[1].pointers, IsEmpty());
  EXPECT_TRUE(one.frames[2].guessed);
  EXPECT_EQ(one.frames[2].place.function, "main.ask");
  EXPECT_THAT(one.frames[2].pointers, SizeIs(2));
}

TEST_F(OneGoroutineOfThree, NamesWhatIsNoChannel) {
  heap_.snapshot().channel_waits.clear();
  heap_.snapshot().goroutines[0].waits_on = heap_.snapshot().goroutines[1].waits_on = Address(0xc000000000 + 96 + 8);
  const OneGoroutine one = look(7);
  ASSERT_TRUE(one.word);
  EXPECT_EQ(one.word->object, Address(0xc000000000 + 96));
  EXPECT_THAT(one.word->what.full, HasSubstr("+0x8 in an object of 96 B at 0xc000000060"));
  EXPECT_THAT(one.word->beside[0].goids, ElementsAre(8));
}

TEST_F(OneGoroutineOfThree, RefusesOneThatIsNotThere) {
  heap_.snapshot().goroutines[1].state = heap::GoroutineState::kDead;
  const auto refusal = [&](std::uint64_t goid) -> std::string {
    try {
      look(goid);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kNotFound);
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal(8), "goroutine 8 has ended");
  EXPECT_EQ(refusal(70), "there is no goroutine 70 among 2 goroutines");
}

}  // namespace
}  // namespace holdfast::view
