#include "typing/live_words.h"

#include <gmock/gmock.h>

#include "go/stack_image_for_tests.h"

namespace holdfast::typing {
namespace {

using go::StackImage;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr std::uint32_t kNoFuncdata = ~std::uint32_t{0};

// Goroutines that wait in main.inner, called by main.outer. Frames have 0x40 bytes: seven words of locals, then the
// saved frame pointer.
class LiveWordsTest : public testing::Test {
 protected:
  static constexpr std::int32_t kFrame = 0x40;
  static constexpr std::uint32_t kLocals = 7;

  LiveWordsTest() {
    goexit_ = image_.function("runtime.goexit", 0, binary::kFlagTopFrame);
    outer_ = function("main.outer", {0, 6});
    inner_ = function("main.inner", {3});
  }
  Address function(const std::string& name, const std::vector<std::uint32_t>& live) {
    return image_.function({.name = name,
                            .sp = {{0x40, kFrame}},
                            .pcdata = {{}, {{0x40, 0}}},
                            .funcdata = {kNoFuncdata, image_.stack_map(kLocals, {live})},
                            .deferreturn = 0x30});
  }
  // A goroutine whose stack ends at `top`; all its words are filled.
  void add_goroutine(Address top) {
    go::Goroutine g;
    g.g = image_.make("runtime.g");
    g.status = go::GoroutineStatus::kWaiting;
    g.stack = {StackImage::kStack, StackImage::kStackEnd};
    g.stack_top_sp = top;
    for (std::uint64_t i = 1; i <= 32; ++i) image_.put(top - i * 8, StackImage::kHeap + i * 0x100);
    const Address outer = top - 8;
    image_.put(outer, goexit_ + 1);
    const Address inner = outer - kFrame - 8;
    image_.put(inner, outer_ + 9);
    g.sched_pc = inner_ + 8;
    g.sched_sp = inner - kFrame;
    scheduler_.goroutines.push_back(g);
  }
  // The last goroutine runs, and its thread was stopped in main.inner.
  void run_last() {
    go::Goroutine& g = scheduler_.goroutines.back();
    g.status = go::GoroutineStatus::kRunning;
    g.m = Address(0x2000);
    go::Machine machine;
    machine.m = g.m;
    machine.thread_id = 99;
    machine.curg = g.g;
    scheduler_.machines.push_back(machine);
    go::ThreadRegisters thread;
    thread.thread_id = machine.thread_id;
    thread.registers.pc = g.sched_pc;
    thread.registers.general[kArchitecture.stack_pointer] = g.sched_sp.value;
    threads_.push_back(thread);
  }
  LiveWords read() { return LiveWords(image_.runtime(), image_.functions(), scheduler_, threads_); }

  StackImage image_{26};
  std::vector<go::ThreadRegisters> threads_;
  go::Scheduler scheduler_;
  Address goexit_, outer_, inner_;
};

TEST_F(LiveWordsTest, AreThoseThatTheStackMapsNameByFrame) {
  const Address top = StackImage::kStackEnd - 0x200;
  add_goroutine(top);
  const LiveWords live = read();
  ASSERT_EQ(live.frames().size(), 2U);
  const LiveFrame& inner = live.frames()[0];
  const LiveFrame& outer = live.frames()[1];
  EXPECT_EQ(inner.function, inner_);
  EXPECT_EQ(outer.function, outer_);
  EXPECT_EQ(outer.base(), top - 8) << "where the return address lies";
  const Address locals = outer.base() - kFrame;
  EXPECT_THAT(outer.slots, ElementsAre(locals, locals + 48));
  EXPECT_THAT(inner.slots, ElementsAre(inner.base() - kFrame + 24));
  EXPECT_THAT(live.functions(), ElementsAre(std::min(inner_, outer_), std::max(inner_, outer_)));
}

TEST_F(LiveWordsTest, AreInDoubtInAFrameThatWasStoppedBetweenTwoCalls) {
  add_goroutine(StackImage::kStackEnd - 0x200);
  run_last();
  const LiveWords live = read();
  ASSERT_EQ(live.frames().size(), 1U) << "what main.inner has there may be dead, and its memory another object's";
  EXPECT_EQ(live.frames()[0].function, outer_);
  ASSERT_EQ(live.doubtful_frames().size(), 1U);
  EXPECT_EQ(live.doubtful_frames()[0].function, inner_);
  EXPECT_THAT(live.doubtful_frames()[0].slots, SizeIs(kLocals));
  EXPECT_THAT(live.functions(), ElementsAre(std::min(inner_, outer_), std::max(inner_, outer_)));
}

TEST_F(LiveWordsTest, AreFoundInARangeOfAFrame) {
  add_goroutine(StackImage::kStackEnd - 0x200);
  const LiveWords live = read();
  ASSERT_EQ(live.frames().size(), 2U);
  const LiveFrame& outer = live.frames()[1];
  const Address locals = outer.base() - kFrame;
  EXPECT_TRUE(outer.has_live_word({locals, locals + 8}));
  EXPECT_TRUE(outer.has_live_word({locals + 8, locals + 56}));
  EXPECT_FALSE(outer.has_live_word({locals + 8, locals + 48}));
  EXPECT_FALSE(outer.has_live_word({locals + 56, locals + 64}));
}

TEST_F(LiveWordsTest, ListGoroutinesInOrderAndFunctionsOnce) {
  for (std::uint64_t i = 0; i < 100; ++i) add_goroutine(StackImage::kStackEnd - 0x200 - i * 0x100);
  scheduler_.goroutines[3].status = go::GoroutineStatus::kDead;
  const LiveWords live = read();
  ASSERT_EQ(live.frames().size(), 198U);
  for (std::size_t i = 2; i < live.frames().size(); i += 2)
    EXPECT_LT(live.frames()[i].base(), live.frames()[i - 2].base()) << i;
  EXPECT_EQ(live.functions().size(), 2U);
}

TEST_F(LiveWordsTest, OfAProcessWithoutGoroutinesAreNone) {
  const LiveWords live = read();
  EXPECT_THAT(live.frames(), IsEmpty());
  EXPECT_THAT(live.functions(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::typing
