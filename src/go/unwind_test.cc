#include "go/unwind.h"

#include <gmock/gmock.h>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

// Goroutine main.outer -> main.inner runs on a stack that ends in runtime.goexit:
//   top (stktopsp)  goexit's frame: 0 bytes, its "return address" is nothing
//   outer           frame of 0x20 bytes, inner a frame of 0x10
class UnwindTest : public testing::Test {
 protected:
  UnwindTest() {
    goexit_ = image_.function("runtime.goexit", 0, binary::kFlagTopFrame | binary::kFlagAssembly);
    outer_ = image_.function({.name = "main.outer", .sp = {{0x40, 0x20}}, .deferreturn = 0x30});
    inner_ = image_.function("main.inner", 0x10);
    switch_ = image_.function("runtime.systemstack_switch", 0, binary::kFlagSpWrite);
    sigpanic_ = image_.function("runtime.sigpanic", 0x8);
    preempt_ = image_.function("runtime.asyncPreempt", 0x80);
    cgocallback_ = image_.function("runtime.cgocallback", 0x8, binary::kFlagSpWrite);
    sp_ = call(call(kTop, 0, goexit_ + 1), 0x20, outer_ + 9);  // SP inside inner, above its frame
    g_.g = Address(0x1000);
    g_.goid = 7;
    g_.status = GoroutineStatus::kWaiting;
    g_.stack = {StackImage::kStack, StackImage::kStackEnd};
    g_.stack_top_sp = kTop;
    g_.sched_pc = inner_ + 5;
    g_.sched_sp = sp_ - 0x10;
  }

  // Returns SP after a function with that frame, which begins at `sp`, was called and has called on from `return_pc`.
  Address call(Address sp, std::uint64_t frame_size, Address return_pc) {
    const Address at = sp - frame_size - 8;
    image_.put(at, return_pc);
    return at;
  }

  Stack unwind(std::vector<ThreadRegisters> threads = {}) {
    return Unwinder(image_.runtime(), image_.functions(), scheduler_, threads).unwind(g_);
  }
  std::vector<std::string> names(const Stack& stack) {
    std::vector<std::string> out;
    out.reserve(stack.frames.size());
    for (const StackFrame& frame : stack.frames)
      out.emplace_back(image_.functions().function(frame.function)->function.name);
    return out;
  }
  // Makes the goroutine run on a thread with these registers.
  std::vector<ThreadRegisters> run_at(Address pc, Address sp) {
    g_.status = GoroutineStatus::kRunning;
    g_.m = Address(0x2000);
    Machine machine;
    machine.m = g_.m;
    machine.thread_id = 99;
    machine.curg = g_.g;
    machine.g0_stack = {StackImage::kSystemStack, StackImage::kSystemStack + StackImage::kSize};
    machine.signal_stack = {StackImage::kSignalStack, StackImage::kSignalStack + StackImage::kSize};
    scheduler_.machines = {machine};
    ThreadRegisters thread;
    thread.thread_id = 99;
    thread.registers.pc = pc;
    thread.registers.general[kArchitecture.stack_pointer] = sp.value;
    return {thread};
  }

  static constexpr Address kTop = StackImage::kStackEnd - 0x40;
  StackImage image_{26};
  Scheduler scheduler_;
  Goroutine g_;
  Address goexit_, outer_, inner_, switch_, sigpanic_, preempt_, cgocallback_;
  Address sp_;
};

TEST_F(UnwindTest, WalksAParkedGoroutineToItsFirstFunction) {
  const Stack stack = unwind();
  EXPECT_EQ(stack.start, StackStart::kParked);
  EXPECT_TRUE(stack.complete());
  EXPECT_FALSE(stack.running());
  EXPECT_THAT(names(stack), ElementsAre("main.inner", "main.outer", "runtime.goexit"));
  const StackFrame& inner = stack.frames[0];
  EXPECT_EQ(inner.sp, sp_ - 0x10);
  EXPECT_EQ(inner.fp, sp_ + 8);
  EXPECT_EQ(inner.varp, sp_ - 8);  // the saved frame pointer lies between
  EXPECT_EQ(inner.continue_pc, inner_ + 5);
  EXPECT_TRUE(inner.is_return_address);
  EXPECT_EQ(stack.frames[1].pc, outer_ + 9);
  EXPECT_EQ(stack.frames[2].varp, stack.frames[2].sp);  // no frame, no saved frame pointer
  EXPECT_EQ(stack.low_water, g_.sched_sp);
}

TEST_F(UnwindTest, PrefersThePlaceOfASystemCall) {
  g_.status = GoroutineStatus::kSyscall;
  g_.syscall_pc = outer_ + 9;
  g_.syscall_sp = sp_ + 8;
  const Stack stack = unwind();
  EXPECT_EQ(stack.start, StackStart::kSyscall);
  EXPECT_TRUE(stack.complete());
  EXPECT_THAT(names(stack), ElementsAre("main.outer", "runtime.goexit"));
}

TEST_F(UnwindTest, BeginsAtTheEntryOfAGoroutineThatHasNotRun) {
  g_.status = GoroutineStatus::kRunnable;
  image_.put(kTop - 8, goexit_ + 1);
  const Address fresh = image_.function("main.fresh", 0);
  g_.sched_pc = fresh;
  g_.sched_sp = kTop - 8;
  const Stack stack = unwind();
  EXPECT_TRUE(stack.complete());
  EXPECT_THAT(names(stack), ElementsAre("main.fresh", "runtime.goexit"));
  EXPECT_FALSE(stack.frames[0].is_return_address);
}

TEST_F(UnwindTest, GoesOnInTheCallerOfANilFunction) {
  image_.put(sp_ - 0x18, inner_ + 5);
  g_.sched_pc = Address();
  g_.sched_sp = sp_ - 0x18;
  EXPECT_TRUE(unwind().complete());
}

TEST_F(UnwindTest, SaysWhenItEndsAtTheWrongPlace) {
  g_.stack_top_sp = kTop - 16;
  const Stack stack = unwind();
  EXPECT_EQ(stack.end, StackEnd::kStackMismatch);
  EXPECT_THAT(stack.frames, SizeIs(3));
}

TEST_F(UnwindTest, SaysWhenAReturnAddressIsNoCode) {
  image_.put(sp_, Address(0x1234));
  const Stack stack = unwind();
  EXPECT_EQ(stack.end, StackEnd::kUnknownPc);
  EXPECT_THAT(names(stack), ElementsAre("main.inner"));
}

TEST_F(UnwindTest, SaysWhenTheStackIsLeft) {
  for (Address at = StackImage::kStack; at < StackImage::kStackEnd; at += 8) image_.put(at, inner_ + 5);
  const Stack stack = unwind();
  EXPECT_EQ(stack.end, StackEnd::kOutsideStack);
  EXPECT_THAT(stack.frames, SizeIs(testing::Le(StackImage::kSize / 0x18)));
}

TEST_F(UnwindTest, StopsAtAFunctionThatChangesStacksUnlessItIsTheInnermost) {
  g_.sched_pc = switch_;
  g_.sched_sp = sp_;
  EXPECT_TRUE(unwind().complete());
  image_.put(sp_, switch_ + 3);
  g_.sched_pc = inner_ + 5;
  g_.sched_sp = sp_ - 0x10;
  EXPECT_EQ(unwind().end, StackEnd::kSpWrite);
}

TEST_F(UnwindTest, PassesThroughCallbacksFromC) {
  // inner's caller is cgocallback, whose frame of 8 bytes lies above; cgocallback's caller is outer.
  const Address frame = sp_ - 0x10;
  image_.put(frame, cgocallback_ + 2);
  image_.put(frame + 0x10, outer_ + 9);
  g_.sched_pc = inner_ + 5;
  g_.sched_sp = frame - 0x10;
  const Stack stack = unwind();
  EXPECT_TRUE(stack.complete());
  EXPECT_THAT(names(stack), ElementsAre("main.inner", "runtime.cgocallback", "main.outer", "runtime.goexit"));
}

TEST_F(UnwindTest, AFunctionThatTrappedGoesOnAtItsDeferReturnOnly) {
  // sigpanic was put above outer, at the instruction outer + 9.
  g_.sched_pc = sigpanic_ + 4;
  g_.sched_sp = sp_ - 8;
  Stack stack = unwind();
  ASSERT_THAT(names(stack), ElementsAre("runtime.sigpanic", "main.outer", "runtime.goexit"));
  EXPECT_EQ(stack.frames[1].continue_pc, outer_ + 0x31);
  EXPECT_FALSE(stack.frames[1].is_return_address);
  EXPECT_TRUE(stack.frames[2].is_return_address);
  // inner defers nothing, so it never goes on.
  image_.put(sp_ - 0x18, inner_ + 5);
  g_.sched_sp = sp_ - 0x20;
  stack = unwind();
  ASSERT_THAT(stack.frames, SizeIs(4));
  EXPECT_EQ(stack.frames[1].continue_pc, Address());
}

TEST_F(UnwindTest, ReadsTheRegistersOfARunningThread) {
  const auto threads = run_at(inner_ + 5, sp_ - 0x10);
  const Stack stack = unwind(threads);
  EXPECT_EQ(stack.start, StackStart::kRegisters);
  EXPECT_TRUE(stack.running());
  EXPECT_TRUE(stack.complete());
  EXPECT_FALSE(stack.frames[0].is_return_address);
  EXPECT_TRUE(stack.frames[1].is_return_address);
  ASSERT_TRUE(stack.registers.has_value());
}

TEST_F(UnwindTest, KnowsNothingOfARunningGoroutineWithoutItsThread) {
  run_at(inner_ + 5, sp_ - 0x10);
  const Stack stack = unwind();
  EXPECT_EQ(stack.end, StackEnd::kNoStart);
  EXPECT_EQ(stack.low_water, g_.stack.begin);
}

TEST_F(UnwindTest, TakesTheSavedPlaceWhileTheThreadIsOnTheSystemStack) {
  const Address sp = StackImage::kSystemStack + 0x7000;
  const Stack stack = unwind(run_at(outer_, sp));
  EXPECT_EQ(stack.start, StackStart::kSystemStack);
  EXPECT_TRUE(stack.complete());
  EXPECT_EQ(stack.system_stack, (AddressRange{sp, StackImage::kSystemStack + StackImage::kSize}));
}

TEST_F(UnwindTest, TakesTheCallersPlaceDuringAVdsoCall) {
  const auto threads = run_at(Address(0x7ffff7fc1000), StackImage::kSystemStack + 0x7000);
  g_.sched_sp = Address();
  scheduler_.machines[0].vdso_pc = outer_ + 9;
  scheduler_.machines[0].vdso_sp = sp_ + 8;
  const Stack stack = unwind(threads);
  EXPECT_EQ(stack.start, StackStart::kVdso);
  EXPECT_TRUE(stack.complete());
  EXPECT_THAT(names(stack), ElementsAre("main.outer", "runtime.goexit"));
}

// The race detector's C code runs on the system stack, called by racecall, which main.outer has called.
class RaceCallTest : public UnwindTest {
 protected:
  RaceCallTest() {
    race_call_ = image_.function("racecall", 0, binary::kFlagSpWrite | binary::kFlagAssembly);
    caller_sp_ = call(call(kTop, 0, goexit_ + 1), 0x20, outer_ + 9);
    threads_ = run_at(Address(0x7ffff7000000), StackImage::kSystemStack + 0x7000);
    g_.sched_sp = Address();
    image_.put(kCalledAt, race_call_ + 0x20);
  }
  void expect_found() {
    const Stack stack = unwind(threads_);
    EXPECT_EQ(stack.start, StackStart::kSystemStack);
    EXPECT_TRUE(stack.complete());
    EXPECT_TRUE(stack.running());
    EXPECT_THAT(names(stack), ElementsAre("main.outer", "runtime.goexit"));
    EXPECT_EQ(stack.low_water, caller_sp_ + 8);
  }
  Registers& registers() { return threads_[0].registers; }

  static constexpr Address kCalledAt = StackImage::kSystemStack + 0x7100;
  std::vector<ThreadRegisters> threads_;
  Address race_call_, caller_sp_;
};

TEST_F(RaceCallTest, TheRegisterOfRacecallHasTheGoroutinesPlace) {
  registers().general[12] = caller_sp_.value;
  expect_found();
}

TEST_F(RaceCallTest, CCodeThatNeedsTheRegisterSavesItFirst) {
  image_.put(kCalledAt - 0x28, caller_sp_);
  image_.put(kCalledAt - 0x80, call(kTop, 0, goexit_ + 1));  // left over from an earlier call
  registers().general[12] = 0x16;
  expect_found();
}

TEST_F(RaceCallTest, RacecallItselfHasItInTheRegister) {
  registers().pc = race_call_ + 0x1d;
  registers().general[kArchitecture.stack_pointer] = (kCalledAt + 8).value;
  registers().general[12] = caller_sp_.value;
  expect_found();
}

TEST_F(RaceCallTest, AWordThatLeadsNowhereIsNotBelieved) {
  registers().general[12] = (caller_sp_ - 8).value;
  EXPECT_EQ(unwind(threads_).end, StackEnd::kNoStart);
}

TEST_F(RaceCallTest, OtherCCodeTellsNothing) {
  image_.put(kCalledAt, outer_ + 9);
  registers().general[12] = caller_sp_.value;
  EXPECT_EQ(unwind(threads_).end, StackEnd::kNoStart);
}

TEST_F(UnwindTest, FindsTheInterruptedRegistersUnderASignalHandler) {
  const auto threads = run_at(outer_, StackImage::kSignalStack + 0x6000);
  const Address context = StackImage::kSignalStack + 0x7000;
  image_.put(context + 16, StackImage::kSignalStack);
  image_.put<std::uint64_t>(context + 32, StackImage::kSize);
  const auto register_at = [&](std::uint64_t i) { return context + 40 + i * 8; };
  image_.put<std::uint64_t>(register_at(6), 0x1414);  // r14
  image_.put(register_at(15), sp_ - 0x10);            // rsp
  image_.put(register_at(16), inner_ + 5);            // rip
  const Stack stack = unwind(threads);
  EXPECT_EQ(stack.start, StackStart::kRegisters);
  EXPECT_TRUE(stack.complete());
  EXPECT_EQ(stack.frames[0].pc, inner_ + 5);
  EXPECT_EQ(stack.registers->general[14], 0x1414U);
}

TEST_F(UnwindTest, GivesDeadGoroutinesNoFrames) {
  g_.status = GoroutineStatus::kDead;
  EXPECT_EQ(unwind().end, StackEnd::kNoStack);
  g_.status = GoroutineStatus::kWaiting;
  g_.stack = {};
  EXPECT_THAT(unwind().frames, SizeIs(0));
}

}  // namespace
}  // namespace holdfast::go
