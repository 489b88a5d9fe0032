// What the report says of channels: how full the one is that a holder is about, and for which goroutines wait.
#include <gmock/gmock.h>

#include "report/report_for_tests.h"
#include "report/report_json.h"
#include "report/report_text.h"

namespace holdfast::report {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::HasSubstr;
using view::Holder;
using view::Report;

// main.jobs is a channel of 40 jobs, for which goroutines wait.
class FullChannel : public testing::Test {
 protected:
  FullChannel() {
    heap::Snapshot& s = heap_.snapshot();
    header_ = heap_.type_of_role(heap::TypeRole::kChannel, 96, pointer_);
    s.types[header_.row].first_field = static_cast<std::uint32_t>(s.fields.size());
    s.types[header_.row].field_count = 1;
    s.fields.push_back({s.strings.add("buf"), {}, 16});
    channel_ = add_channel(40);
    heap_.refer(jobs_, channel_);
    s.channels.push_back({heap_.id(channel_), 40, 64, false});
  }
  HeapBuilder::Handle add_channel(std::uint64_t jobs) {
    const auto channel = heap_.object(96, header_), buffer = heap_.object(512, pointer_);
    heap_.edge(channel, 16, buffer);
    for (std::uint64_t i = 0; i < jobs; ++i) heap_.edge(buffer, i * 8, heap_.object(320, job_));
    return channel;
  }
  // Each has a job of its own.
  void add_senders(int count) {
    const RootId place = heap_.group(WaitReason::kChanSend, "main.work", "/src/pool.go", 17);
    for (int i = 0; i < count; ++i) {
      const RootId goroutine = heap_.root(RootKind::kGoroutine, "", place);
      heap_.refer(heap_.root(RootKind::kFrame, work_frame(heap_), goroutine), heap_.object(320, job_));
      const GoroutineId id = heap_.goroutine(static_cast<std::uint64_t>(i) + 7, heap::GoroutineState::kWaiting,
                                             WaitReason::kChanSend, goroutine, {"runtime.gopark", "main.work"});
      heap_.snapshot().channel_waits.push_back({id, ChannelId(0), true});
    }
  }

  HeapBuilder heap_;
  TypeId job_ = heap_.structure("main.job", 320, {}), pointer_ = heap_.pointer_type("*main.job", job_), header_;
  RootId jobs_ = heap_.root(RootKind::kGlobal, "main.jobs");
  HeapBuilder::Handle channel_;
};

TEST_F(FullChannel, AHolderSaysHowFullItIsAndWhoWaits) {
  add_senders(20);
  const Report report = report_of(heap_.build());
  const Holder& holder = report.holders.at(0);
  EXPECT_EQ(holder.what.brief, "40 × main.job in the channel main.jobs, 40 of 64 filled, 20 senders wait");
  ASSERT_TRUE(holder.channel);
  EXPECT_EQ(holder.channel->senders, 20U);
  EXPECT_EQ(report.holders.at(1).what.brief,
            "20 goroutines in chan send to main.jobs (chan *main.job, 40 of 64 filled) at main.work");
  EXPECT_THAT(report_text(report, {}), HasSubstr("20 × chan send to main.jobs (chan *main.job, 40 of 64 filled) at "));
  const auto json = report_json(report);
  EXPECT_EQ(json["holders"][0]["channel"]["length"], 40);
  EXPECT_EQ(json["holders"][0]["channel"]["capacity"], 64);
  EXPECT_EQ(json["holders"][0]["channel"]["senders"], 20);
  EXPECT_TRUE(json["holders"][1]["channel"].is_null());
  EXPECT_EQ(json["goroutines"][0]["channel_count"], 1);
  EXPECT_EQ(json["goroutines"][0]["channel"]["name"], "main.jobs");
}

// What one of them says would be wrong of the others.
TEST_F(FullChannel, AHolderOfSeveralSaysNothingOfOne) {
  const auto second = add_channel(40);
  heap_.refer(jobs_, second, 8);
  heap_.snapshot().channels.push_back({heap_.id(second), 40, 64, false});
  const Holder holder = report_of(heap_.build()).holders.at(0);
  EXPECT_EQ(holder.what.brief, "80 × main.job in the channel main.jobs");
  EXPECT_FALSE(holder.channel);
}

TEST_F(FullChannel, WhatSeveralShareSaysItToo) {
  heap_.refer(heap_.root(RootKind::kGlobal, "main.work"), channel_);
  EXPECT_EQ(report_of(heap_.build()).holders.at(0).what.brief,
            "40 × main.job in one channel (40 of 64 filled), held by main.jobs and by main.work");
}

}  // namespace
}  // namespace holdfast::report
