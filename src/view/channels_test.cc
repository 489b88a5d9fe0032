#include "view/channels.h"

#include <gmock/gmock.h>

#include "heap/heap_builder_for_tests.h"
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
    const RootId root = heap_.root(RootKind::kGoroutine, "");
    const GoroutineId id =
        heap_.goroutine(++goid_, heap::GoroutineState::kWaiting,
                        sends ? WaitReason::kChanSend : WaitReason::kChanReceive, root, {"main.work"});
    heap_.snapshot().channel_waits.push_back({id, channel, sends});
    return id;
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
  EXPECT_TRUE(waited_text(WaitReason::kSelect, channels.waited_by(together), 2).empty());
  EXPECT_TRUE(waited_text(WaitReason::kChanSend, channels.waited_by({}), 0).empty());
}

TEST_F(ChannelsOfTwo, StandInTheTableOfGoroutines) {
  wait(kFirst, true);
  wait(kSecond, false);
  channels();
  const Table table =
      goroutine_table(snapshot_, graph::dominators(snapshot_), {.group = false}, heap::OwnerRules::built_in());
  const auto cell = [&](std::uint32_t row, std::string_view name) {
    for (std::size_t c = 0; c < table.shape.columns.size(); ++c)
      if (table.shape.columns[c].name == name) return table.cell(row, c);
    return Cell();
  };
  EXPECT_EQ(cell(0, "channel"), Cell("main.pool.jobs, chan *main.job, 3 of 4 filled"));
  EXPECT_EQ(cell(0, "filled"), Cell(std::uint64_t{3}));
  EXPECT_EQ(cell(0, "capacity"), Cell(std::uint64_t{4}));
  EXPECT_THAT(std::get<std::string_view>(cell(1, "channel")),
              testing::EndsWith(", chan *main.job, unbuffered, closed"));
  EXPECT_THAT(std::get<std::string_view>(cell(1, "channel")), testing::StartsWith("0x"));
}

}  // namespace
}  // namespace holdfast::view
