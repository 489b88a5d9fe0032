#include "view/channels.h"

#include <gmock/gmock.h>

#include "heap/heap_builder_for_tests.h"
#include "view/channel_names.h"
#include "view/goroutine_table.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;

// Two channels of the same type, the first of which is in a field of a package variable, and goroutines.
class ChannelsOfTwo : public testing::Test {
 protected:
  ChannelsOfTwo() {
    const TypeId job = heap_.structure("example.com/shop/main.job", 16, {});
    const TypeId header = heap_.type_of_role(heap::TypeRole::kChannel, 96, heap_.pointer_type("*main.job", job));
    const TypeId pool = heap_.structure("main.Pool", 24, {{"mu", {}, 0}, {"jobs", {}, 16}});
    const auto first = heap_.object(96, header), second = heap_.object(96, header);
    const RootId variable = heap_.root(RootKind::kGlobal, "main.pool", {}, pool);
    heap_.refer(variable, first, 16);
    heap_.refer(heap_.root(RootKind::kFrame, "main.work"), second);
    heap_.snapshot().channels = {{heap_.id(first), 3, 4, false}, {heap_.id(second), 0, 0, true}};
  }
  GoroutineId wait(ChannelId channel, bool sends) {
    const GoroutineId id = waiting(sends ? WaitReason::kChanSend : WaitReason::kChanReceive);
    heap_.snapshot().channel_waits.push_back({id, channel, sends});
    return id;
  }
  // Receives from all of them.
  GoroutineId select(std::initializer_list<ChannelId> channels) {
    const GoroutineId id = waiting(WaitReason::kSelect);
    for (const ChannelId channel : channels) heap_.snapshot().channel_waits.push_back({id, channel, false});
    return id;
  }
  GoroutineId waiting(WaitReason reason) {
    return heap_.goroutine(++goid_, heap::GoroutineState::kWaiting, reason, heap_.root(RootKind::kGoroutine, ""),
                           {"main.work"});
  }
  // To be asked last.
  const Channels& channels() {
    snapshot_ = heap_.build();
    index_.emplace(snapshot_);
    names_.emplace(snapshot_, *index_);
    return channels_.emplace(*names_);
  }

  static constexpr ChannelId kFirst{0}, kSecond{1};
  HeapBuilder heap_;
  std::uint64_t goid_ = 0;
  heap::Snapshot snapshot_;
  std::optional<heap::ObjectIndex> index_;
  std::optional<Names> names_;
  std::optional<Channels> channels_;
};

TEST_F(ChannelsOfTwo, AreCalledAfterTheVariableThatHasThem) {
  wait(kFirst, true);
  const Channels& channels = this->channels();
  const ChannelFacts first = channels.facts(heap::find_channel(snapshot_, ObjectId(0)));
  EXPECT_EQ(first.name.brief, "main.pool.jobs");
  EXPECT_EQ(first.element, "*main.job");
  EXPECT_EQ(first.senders, 1U);
  EXPECT_EQ(state_text(first), "3 of 4 filled, 1 sender waits");
  const ChannelFacts second = channels.facts(kSecond);
  EXPECT_TRUE(second.name.empty());
  EXPECT_EQ(state_text(second), "unbuffered, closed");
  EXPECT_FALSE(heap::find_channel(snapshot_, ObjectId(7)));
}

TEST_F(ChannelsOfTwo, SayForWhichSeveralGoroutinesWait) {
  const std::vector<GoroutineId> together = {wait(kFirst, true), wait(kFirst, true)};
  const std::vector<GoroutineId> apart = {wait(kFirst, false), wait(kSecond, false)};
  const std::vector<GoroutineId> alone = {wait(kSecond, false)};
  const Channels& channels = this->channels();
  EXPECT_EQ(waited_text(WaitReason::kChanSend, channels.waited_by(together), 2).full,
            " to main.pool.jobs (chan *main.job, 3 of 4 filled)");
  EXPECT_EQ(waited_text(WaitReason::kChanReceive, channels.waited_by(apart), 2).full,
            " from 2 channels (chan *main.job)");
  EXPECT_EQ(waited_text(WaitReason::kChanReceive, channels.waited_by(alone), 1).full,
            " from a channel (chan *main.job, unbuffered, closed)");
  EXPECT_TRUE(waited_text(WaitReason::kSleep, channels.waited_by(together), 2).empty());
  EXPECT_TRUE(waited_text(WaitReason::kChanSend, channels.waited_by({}), 0).empty());
}

TEST_F(ChannelsOfTwo, OfASelectAreToldByNameIfAllWaitForThem) {
  const std::vector<GoroutineId> group = {select({kFirst, kSecond}), select({kFirst})};
  const std::vector<GoroutineId> alone = {select({kSecond})};
  const std::vector<GoroutineId> apart = {select({kFirst}), select({kSecond})};
  const Channels& channels = this->channels();
  const WaitedChannels waited = channels.waited_by(group);
  EXPECT_EQ(waited.count, 2U);
  ASSERT_EQ(waited.common.size(), 1U);
  EXPECT_EQ(waited.common.front().name.full, "main.pool.jobs");
  EXPECT_EQ(waited_text(WaitReason::kSelect, waited, 2).full,
            " on main.pool.jobs (chan *main.job, 3 of 4 filled) and another channel");
  EXPECT_EQ(waited_text(WaitReason::kSelect, channels.waited_by(alone), 1).full,
            " on a channel (chan *main.job, unbuffered, closed)");
  EXPECT_EQ(waited_text(WaitReason::kSelect, channels.waited_by(apart), 2).full, " on 2 channels (chan *main.job)");
}

TEST_F(ChannelsOfTwo, StandInTheTableOfGoroutines) {
  wait(kFirst, true);
  wait(kSecond, false);
  channels();
  GoroutineFacts facts(snapshot_);
  const Table table = goroutine_table(facts, graph::dominators(snapshot_), {.group = false});
  const auto cell = [&](std::uint32_t row, std::string_view name) {
    for (std::size_t c = 0; c < table.shape.columns.size(); ++c)
      if (table.shape.columns[c].name == name) return table.cell(row, c);
    return Cell();
  };
  EXPECT_EQ(cell(0, "channel"), Cell("main.pool.jobs, chan *main.job, 3 of 4 filled, 1 sender, no receiver"));
  EXPECT_EQ(cell(0, "filled"), Cell(std::uint64_t{3}));
  EXPECT_EQ(cell(0, "capacity"), Cell(std::uint64_t{4}));
  EXPECT_THAT(std::get<std::string_view>(cell(1, "channel")),
              testing::EndsWith(", chan *main.job, unbuffered, closed, no sender, 1 receiver"));
  EXPECT_THAT(std::get<std::string_view>(cell(1, "channel")), testing::StartsWith("0x"));
}

// What leads from package variables to channels, each in one object of its own.
class ChannelsBehindObjects : public testing::Test {
 protected:
  ChannelsBehindObjects() {
    const TypeId holder = heap_.structure("main.holder", 32, {{"next", {}, 8}, {"done", {}, 16}, {"other", {}, 24}});
    for (HeapBuilder::Handle& object : chain_) object = heap_.object(32, holder);
    for (HeapBuilder::Handle& channel : channels_) channel = heap_.object(96);
    heap_.edge(chain_[0], 8, chain_[1]).edge(chain_[1], 8, chain_[2]);
    for (std::size_t i = 0; i < 3; ++i) heap_.edge(chain_[i], 16, channels_[i]);
  }
  std::vector<std::string> names() {
    for (const HeapBuilder::Handle channel : channels_)
      heap_.snapshot().channels.push_back({heap_.id(channel), 0, 0, false});
    const heap::Snapshot snapshot = heap_.build();
    const heap::ObjectIndex index(snapshot);
    const Names names(snapshot, index);
    const ChannelNames found(names);
    std::vector<std::string> texts;
    for (std::uint32_t i = 0; i < 3; ++i) texts.push_back(found.name(ChannelId(i)).full);
    return texts;
  }

  HeapBuilder heap_;
  HeapBuilder::Handle chain_[3];
  HeapBuilder::Handle channels_[3];
};

TEST_F(ChannelsBehindObjects, AreCalledByTheFieldsOfAtMostTwo) {
  heap_.refer(heap_.root(RootKind::kGlobal, "main.server"), chain_[0]);
  EXPECT_THAT(names(), testing::ElementsAre("main.server.done", "main.server.next.done", ""));
}

TEST_F(ChannelsBehindObjects, HaveTheShortestNameAndOfTheseTheFirst) {
  heap_.refer(heap_.root(RootKind::kGlobal, "main.server"), chain_[0]);
  heap_.refer(heap_.root(RootKind::kGlobal, "main.last"), chain_[2]);
  heap_.refer(heap_.root(RootKind::kGlobal, "main.done"), channels_[1]);
  heap_.edge(chain_[0], 24, chain_[2]);
  EXPECT_THAT(names(), testing::ElementsAre("main.server.done", "main.done", "main.last.done"));
}

TEST_F(ChannelsBehindObjects, HaveNoNameByVariablesOfTheRuntimeOrFieldsWithoutOne) {
  heap_.refer(heap_.root(RootKind::kGlobal, "runtime.allp"), chain_[0]);
  const auto nameless = heap_.object(32);
  heap_.edge(nameless, 0, channels_[2]);
  heap_.refer(heap_.root(RootKind::kGlobal, "main.current"), nameless);
  EXPECT_THAT(names(), testing::Each(std::string()));
}

}  // namespace
}  // namespace holdfast::view
