// What is said of one goroutine, of what goroutines share, and of one span.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "report/goroutine_report.h"
#include "report/share_report.h"
#include "report/span_report.h"

namespace holdfast::report {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const TextStyle kWide = {.width = 200, .color = false};

view::OneGoroutine sender() {
  view::OneGoroutine one;
  one.goid = 17;
  one.state = heap::GoroutineState::kWaiting;
  one.wait_reason = WaitReason::kChanSend;
  one.waiting_ns = 240'000'000'000;
  one.created_by = {"main.start", "/src/main.go", 9};
  one.parent_goid = 1;
  one.stack_bytes = 8192;
  one.stack_used = 640;
  one.retained_bytes = 65536;
  one.retained_objects = 1;
  view::WaitedChannel channel;
  channel.sends = true;
  channel.channel.element = "*example.com/app.job";
  channel.channel.address = Address(0xc000001000);
  channel.channel.length = channel.channel.capacity = 3;
  channel.beside = {{{"main.ask", "/src/main.go", 20}, 2, {18, 19}}};
  one.channels = {channel};
  view::StackFrame frame;
  frame.place = {"main.ask", "/src/main.go", 20};
  frame.retained_bytes = 65536;
  frame.pointers = {{0x18, false, false, Address(0xc000002000), "main.payload", 65536, 65536, true},
                    {0x20, false, true, Address(0xc000001000), "", 96, 96, false}};
  frame.left_out = 2;
  frame.left_out_bytes = 100;
  one.frames = {frame};
  return one;
}

TEST(GoroutineReport, SaysWhoIsAtTheOtherEndAndWhatEachWordKeeps) {
  const std::string text = one_goroutine_text(sender(), "4711", kWide);
  EXPECT_THAT(text, HasSubstr("goroutine 17: chan send for at least 4 min\n"));
  EXPECT_THAT(text, HasSubstr("by main.start main.go:9, in goroutine 1, which has ended"));
  EXPECT_THAT(text, HasSubstr("WAITS FOR  a channel (chan *app.job, 3 of 3 filled) at 0xc000001000"));
  EXPECT_THAT(text, HasSubstr("to send, with others: 2 at main.ask main.go:20 (18, 19)"));
  EXPECT_THAT(text, HasSubstr("nobody waits to receive"));
  EXPECT_THAT(text, HasSubstr("no other goroutine has it on its stack"));
  EXPECT_THAT(text, HasSubstr("main.ask main.go:20  keeps 64.0 KiB"));
  EXPECT_THAT(text, HasSubstr("sp+0x18  0xc000002000  64.0 KiB  main.payload"));
  EXPECT_THAT(text, HasSubstr("sp+0x20  0xc000001000      96 B  * ? an object of 96 B"));
  EXPECT_THAT(text, HasSubstr("and 2 more, to objects of 100 B; `--top 0` shows all"));
  EXPECT_THAT(text, HasSubstr("`holdfast show 4711 ADDRESS`"));
}

TEST(GoroutineReport, NamesThePlaceOfWordsOutsideOfFrames) {
  view::OneGoroutine one = sender();
  one.channels[0].opposite = {{{}, 9, {1, 2}}};
  one.frames[0].outside = "defer";
  one.unwound = false;
  const std::string text = one_goroutine_text(one, "4711", kWide);
  EXPECT_THAT(text, AllOf(HasSubstr("\n  defer  keeps 64.0 KiB\n"), Not(HasSubstr("sp+"))));
  EXPECT_THAT(text, HasSubstr("at the other end, to receive: 9 at a place of the runtime (1, 2, …)"));
  EXPECT_THAT(text, HasSubstr("could not be walked further"));
  const auto json = one_goroutine_json({}, one);
  EXPECT_EQ(json["schema"], "holdfast.goroutine/1");
  EXPECT_EQ(json["channels"][0]["opposite"][0]["at"], nullptr);
  EXPECT_EQ(json["frames"][0]["pointers"][1]["to"], "0xc000001000");
}

TEST(ShareReport, NamesWhoSharesAndWhatIsLeftOut) {
  view::GoroutineShares shares;
  shares.live_bytes = 1 << 20;
  shares.no_goroutine = 1 << 19;
  shares.groups = {{{"2 goroutines at main.pair", "2 goroutines at main.pair"}, 2, 7, 0, 4096, 8192, 0},
                   {{"goroutine 9 at main.one", "goroutine 9 at main.one"}, 1, 9, 512, 0, 8192, 0}};
  shares.sets = {{{0, 1}, {}, false, 8192, 1, {{Address(0xc000000000), {"main.both", "main.both"}, 8192}}},
                 {{0}, {{"main.known", "main.known"}}, false, 4096, 2, {}}};
  const std::string text = shares_text(shares, 1, "4711", kWide);
  EXPECT_THAT(text, HasSubstr("Stacks lead to 512.0 KiB of the 1.0 MiB that live; to 512.0 KiB no goroutine leads."));
  EXPECT_THAT(text, HasSubstr("2 goroutines at main.pair · goroutine 9 at main.one"));
  EXPECT_THAT(text, HasSubstr("0xc000000000  main.both"));
  EXPECT_THAT(text, HasSubstr("and 1 group more, with 512 B for themselves; `--top 0` shows all"));
  EXPECT_THAT(text, HasSubstr("and 1 set more, 4.0 KiB; `--top 0` shows all"));
  const auto json = shares_json({}, shares);
  EXPECT_EQ(json["sets"][1]["others"][0], "main.known");
  EXPECT_EQ(json["groups"][0]["together"], 4096);
}

view::OneSpan span_of_four() {
  view::OneSpan one;
  one.span.base = Address(0xc000000000);
  one.span.pages = 1;
  one.span.slot_size = 2048;
  one.span.slots = 4;
  one.span.size_class = 34;
  one.slots = {view::SlotState::kLive, view::SlotState::kGarbage, view::SlotState::kFree, view::SlotState::kFree};
  one.live = one.garbage = 1;
  one.record = heap::SpanRecord{2, heap::SweepState::kSwept, 3};
  one.keepers = {{{"main.kept", "main.kept"}, 1, Address(0xc000000000), {"main.page", "main.page"}}};
  return one;
}

TEST(SpanReport, ShowsEachSlotAndWhyTheSpanStays) {
  const std::string text = one_span_text(span_of_four(), "4711", kWide);
  EXPECT_THAT(text, HasSubstr("span 0xc000000000, 1 page of 8 KiB, size class 34\n"));
  EXPECT_THAT(text, HasSubstr("4 of 2.0 KiB, without pointers: 1 live, 1 garbage, 2 free"));
  EXPECT_THAT(text, HasSubstr("2: all slots below it are taken"));
  EXPECT_THAT(text, HasSubstr("P 3 has it in its mcache"));
  EXPECT_THAT(text,
              HasSubstr("1 object in it lives, 2.0 KiB of its 8.0 KiB. While one of them lives, all its pages stay."));
  EXPECT_THAT(text, HasSubstr("      1  0xc000000000  main.page  main.kept"));
  EXPECT_THAT(text, HasSubstr("      0  #x..\n"));
}

TEST(SpanReport, HasAReasonForEachStateOfASpan) {
  view::OneSpan one = span_of_four();
  for (const auto& [stays, words] : std::initializer_list<std::pair<view::SpanStays, const char*>>{
           {view::SpanStays::kMarked, "The next one will not"},
           {view::SpanStays::kNotSwept, "Nothing in it was marked"},
           {view::SpanStays::kCached, "P 3 has it ready"},
           {view::SpanStays::kGarbage, "wait for the next collection"},
           {view::SpanStays::kEmpty, "a thread was just taking it"}}) {
    one.stays = stays;
    EXPECT_THAT(one_span_text(one, "4711", kWide), HasSubstr(words));
  }
  one.record.reset();
  EXPECT_THAT(one_span_text(one, "4711", kWide), HasSubstr("the capture is of an older holdfast"));
  EXPECT_EQ(one_span_json({}, one)["record"], nullptr);
  EXPECT_EQ(one_span_json({}, one)["picture"], "#x..");
}

}  // namespace
}  // namespace holdfast::report
