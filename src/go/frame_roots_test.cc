#include "go/frame_roots.h"

#include <gmock/gmock.h>

#include <bit>
#include <random>
#include <set>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr std::uint32_t kNone = ~std::uint32_t{0};

// main.f has one frame (0x40 bytes: locals from SP on, the saved frame pointer on top) above runtime.goexit.
class FrameRootsTest : public testing::TestWithParam<int> {
 protected:
  static constexpr Address kTop = StackImage::kStackEnd - 0x200;
  static constexpr std::uint32_t kFrame = 0x40;

  FrameRootsTest() {
    goexit_ = image_.function("runtime.goexit", 0, binary::kFlagTopFrame);
    g_.g = image_.make("runtime.g");
    g_.status = GoroutineStatus::kWaiting;
    g_.stack = {StackImage::kStack, StackImage::kStackEnd};
    g_.stack_top_sp = kTop;
    image_.put(kTop - 8, goexit_ + 1);
  }

  // Makes main.f with this funcdata: {arguments' map, locals' map, stack objects}; `maps` says which map holds where.
  void make_f(std::vector<std::uint32_t> funcdata, std::int32_t args = 0,
              const std::vector<binary::PcRun>& maps = {{0x40, 0}}) {
    f_ = image_.function({.name = "main.f",
                          .sp = {{0x40, kFrame}},
                          .pcdata = {{}, maps},
                          .funcdata = std::move(funcdata),
                          .args = args,
                          .deferreturn = 0x30});
    g_.sched_pc = f_ + 8;
    g_.sched_sp = kTop - 8 - kFrame;
  }
  Address sp() const { return kTop - 8 - kFrame; }
  Address varp() const { return kTop - 16; }
  Address argp() const { return kTop; }

  std::vector<StackRoot> roots(std::vector<ThreadRegisters> threads = {}) {
    image_.runtime();
    stack_ = Unwinder(image_.runtime(), image_.functions(), scheduler_, threads).unwind(g_);
    return StackRootFinder(image_.runtime(), image_.functions(), image_.losses).roots(g_, stack_);
  }
  static std::vector<Address> values(const std::vector<StackRoot>& roots) {
    std::vector<Address> out;
    out.reserve(roots.size());
    for (const StackRoot& root : roots) out.push_back(root.value);
    return out;
  }
  static Address object(std::uint64_t i) { return StackImage::kHeap + i * 0x100; }

  StackImage image_{GetParam()};
  Scheduler scheduler_;
  Goroutine g_;
  Stack stack_;
  Address goexit_, f_;
};

INSTANTIATE_TEST_SUITE_P(Releases, FrameRootsTest, testing::Values(19, 20, 23, 24, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(FrameRootsTest, FindsTheLocalsThatTheMapNames) {
  // There are 7 words of locals below varp; words 1 and 6 are live.
  make_f({kNone, image_.stack_map(7, {{1, 6}})});
  for (std::uint64_t i = 0; i < 7; ++i) image_.put(varp() - 56 + i * 8, object(i));
  const auto found = roots();
  ASSERT_TRUE(stack_.complete());
  ASSERT_THAT(values(found), ElementsAre(object(1), object(6)));
  EXPECT_EQ(found[0].slot, varp() - 48);
  EXPECT_EQ(found[0].offset, -48);
  EXPECT_EQ(found[0].frame, 0U);
  EXPECT_EQ(found[0].kind, StackRootKind::kLocal);
  EXPECT_FALSE(found[0].conservative);
  EXPECT_TRUE(image_.losses.sorted().empty());
}

TEST_P(FrameRootsTest, ChoosesTheMapOfTheCallBeforeTheReturnAddress) {
  make_f({kNone, image_.stack_map(2, {{0}, {1}, {}})}, 0, {{8, 1}, {0x40, 2}});
  image_.put(varp() - 16, object(0));
  image_.put(varp() - 8, object(1));
  EXPECT_THAT(values(roots()), ElementsAre(object(1)));  // it returns to 8, so the call ends at 7
}

TEST_P(FrameRootsTest, UsesTheFirstMapWhereTheTableSaysNone) {
  make_f({kNone, image_.stack_map(2, {{0}, {1}})}, 0, {{0x40, -1}});
  image_.put(varp() - 16, object(0));
  image_.put(varp() - 8, object(1));
  EXPECT_THAT(values(roots()), ElementsAre(object(0)));
}

TEST_P(FrameRootsTest, FindsArguments) {
  make_f({image_.stack_map(3, {{0, 2}}), image_.stack_map(0, {{}})}, 24);
  for (std::uint64_t i = 0; i < 3; ++i) image_.put(argp() + i * 8, object(i));
  const auto found = roots();
  ASSERT_THAT(values(found), ElementsAre(object(0), object(2)));
  EXPECT_EQ(found[1].kind, StackRootKind::kArgument);
  EXPECT_EQ(found[1].offset, 16);
}

TEST_P(FrameRootsTest, AMapMayReachBeyondTheStackWhereItNamesNothing) {
  // Up to Go 1.21, runtime.cgocallback has such a map and is called at the very top of a stack.
  make_f({image_.stack_map(100, {{0}}), image_.stack_map(0, {{}})}, 24);
  image_.put(argp(), object(0));
  EXPECT_THAT(values(roots()), ElementsAre(object(0)));
  EXPECT_TRUE(image_.losses.sorted().empty());
}

TEST_P(FrameRootsTest, APointerBeyondTheStackIsALoss) {
  make_f({image_.stack_map(100, {{0, 90}}), image_.stack_map(0, {{}})}, 24);
  image_.put(argp(), object(0));
  EXPECT_THAT(values(roots()), ElementsAre(object(0)));
  EXPECT_FALSE(image_.losses.sorted().empty());
}

TEST_P(FrameRootsTest, IgnoresNullAndTinyWords) {
  make_f({kNone, image_.stack_map(3, {{0, 1, 2}})});
  image_.put<std::uint64_t>(varp() - 16, 4095);
  image_.put<std::uint64_t>(varp() - 8, 4096);
  EXPECT_THAT(values(roots()), ElementsAre(Address(4096)));
}

TEST_P(FrameRootsTest, ScansStackObjectsThatSomethingPointsTo) {
  // Of the locals, word 0 points to variable b, whose word 1 points to variable c. Nothing points to d.
  const std::uint32_t mask = image_.mask({0, 1});
  make_f({kNone, image_.stack_map(7, {{0}}),
          image_.stack_objects({{-48, 16, 16, mask}, {-32, 16, 16, mask}, {-16, 16, 16, mask}})});
  image_.put(varp() - 56, varp() - 44);  // into the middle of b
  image_.put(varp() - 48, object(1));
  image_.put(varp() - 40, varp() - 32);
  image_.put(varp() - 32, object(2));
  image_.put(varp() - 24, varp() - 48);  // leads back to b
  image_.put(varp() - 16, object(3));
  const auto found = roots();
  ASSERT_THAT(values(found), ElementsAre(object(1), object(2)));
  EXPECT_EQ(found[0].kind, StackRootKind::kStackObject);
  EXPECT_EQ(found[0].offset, -48);
  EXPECT_EQ(found[0].frame, 0U);
  EXPECT_EQ(found[1].slot, varp() - 32);
}

TEST_P(FrameRootsTest, HoldsNothingInAFrameThatTrappedForGood) {
  make_f({kNone, image_.stack_map(2, {{0, 1}, {0}})}, 0, {{0x30, 0}, {0x40, 1}});
  const Address sigpanic = image_.function("runtime.sigpanic", 0x8);
  const Address doomed = image_.function({.name = "main.doomed",
                                          .sp = {{0x40, 0x10}},
                                          .pcdata = {{}, {{0x40, 0}}},
                                          .funcdata = {kNone, image_.stack_map(1, {{0}})}});
  image_.put(varp() - 16, object(0));
  image_.put(varp() - 8, object(1));
  g_.sched_pc = sigpanic + 1;
  g_.sched_sp = sp() - 16;
  image_.put(sp() - 8, f_ + 5);
  EXPECT_THAT(values(roots()), ElementsAre(object(0)));  // f goes on at its deferreturn, with map 1
  // A function between the two that defers nothing makes no difference.
  const Address below = sp() - 0x18;
  image_.put(sp() - 8, f_ + 9);
  image_.put(below + 8, object(7));  // doomed's only local, at varp - 8
  image_.put(below - 8, doomed + 5);
  g_.sched_sp = below - 16;
  const auto found = values(roots());
  ASSERT_TRUE(stack_.complete());
  EXPECT_THAT(found, ElementsAre(object(0), object(1)));
}

TEST_P(FrameRootsTest, ReadsAnInterruptedFrameWordByWord) {
  make_f({kNone, image_.stack_map(1, {{}})}, 8);
  const Address preempt = image_.function("runtime.asyncPreempt", 0x20);
  g_.sched_pc = preempt + 4;
  g_.sched_sp = sp() - 8 - 0x20;
  image_.put(sp() - 8, f_ + 3);
  image_.put(sp() - 0x20, object(1));  // a saved register
  image_.put(sp() + 8, object(2));
  image_.put(argp(), object(3));
  const auto found = roots();
  ASSERT_TRUE(stack_.complete());
  EXPECT_THAT(values(found), UnorderedElementsAre(object(1), object(2), object(3)));
  for (const StackRoot& root : found) {
    EXPECT_TRUE(root.conservative);
    EXPECT_EQ(root.kind, StackRootKind::kConservativeWord);
  }
}

TEST_P(FrameRootsTest, TheWriteBarrierHoldsTheRegistersOfItsCaller) {
  // main.f called gcWriteBarrier, which called runtime.wbBufFlush, where the thread was stopped. None has a map for its
  // place.
  make_f({kNone, image_.stack_map(1, {{}})});
  const Address barrier = image_.function(GetParam() < 21 ? "runtime.gcWriteBarrier" : "gcWriteBarrier", 0x20);
  const Address flush = image_.function("runtime.wbBufFlush", 0x10);
  g_.status = GoroutineStatus::kRunning;
  g_.m = Address(0x2000);
  Machine machine;
  machine.m = g_.m;
  machine.curg = g_.g;
  machine.thread_id = 5;
  scheduler_.machines = {machine};
  const Address barrier_sp = sp() - 8 - 0x20;
  image_.put(sp() - 8, f_ + 3);
  image_.put(barrier_sp - 8, barrier + 3);
  ThreadRegisters thread{5, {}};
  thread.registers.pc = flush + 3;
  thread.registers.general[kArchitecture.stack_pointer] = (barrier_sp - 8 - 0x10).value;
  image_.put(barrier_sp + 8, object(1));  // a saved register
  image_.put(sp() + 16, object(2));
  const auto found = roots({thread});
  ASSERT_TRUE(stack_.complete());
  EXPECT_THAT(values(found), UnorderedElementsAre(object(1), object(2)));
  for (const StackRoot& root : found) EXPECT_TRUE(root.conservative);
  EXPECT_TRUE(image_.losses.sorted().empty());
}

TEST_P(FrameRootsTest, ReadsTheInnermostFrameAndTheRegistersOfARunningThread) {
  make_f({kNone, image_.stack_map(1, {{}})});
  g_.status = GoroutineStatus::kRunning;
  g_.m = Address(0x2000);
  Machine machine;
  machine.m = g_.m;
  machine.curg = g_.g;
  machine.thread_id = 5;
  scheduler_.machines = {machine};
  ThreadRegisters thread{5, {}};
  thread.registers.pc = f_ + 3;
  thread.registers.general[kArchitecture.stack_pointer] = sp().value;
  thread.registers.general[9] = object(9).value;
  image_.put(sp() + 16, object(2));
  const auto found = roots({thread});
  ASSERT_TRUE(stack_.running());
  ASSERT_THAT(values(found), ElementsAre(object(2), object(9)));
  EXPECT_EQ(found[1].kind, StackRootKind::kRegister);
  EXPECT_EQ(found[1].offset, 9);
  EXPECT_FALSE(found[1].slot);
}

TEST_P(FrameRootsTest, ReadsTheWholeStackThatItCannotWalk) {
  make_f({kNone, image_.stack_map(1, {{}})});
  image_.put(kTop - 8, Address(0x1234));
  image_.put(sp() + 8, object(1));
  image_.put(kTop + 0x80, object(2));
  const auto found = roots();
  EXPECT_FALSE(stack_.complete());
  ASSERT_THAT(values(found), ElementsAre(object(1), Address(0x1234 + 0), object(2)));
  EXPECT_TRUE(found[0].conservative);
  EXPECT_EQ(found[0].frame, 0U);
  EXPECT_EQ(found[2].frame, StackRoot::kNoFrame);
  ASSERT_EQ(image_.losses.sorted().size(), 1U);
  EXPECT_EQ(image_.losses.sorted()[0].kind, "stack-not-unwound");
  EXPECT_EQ(image_.losses.sorted()[0].detail, "one of them: return address outside Go code");
}

TEST_P(FrameRootsTest, FollowsDeferredCalls) {
  make_f({kNone, image_.stack_map(0, {{}})});
  const Address on_heap = image_.make("runtime._defer");
  const Address on_stack = StackImage::kStackEnd - 0x100;
  g_.defers = on_stack;
  image_.set(on_stack, "runtime._defer", "fn", object(1));
  image_.set(on_stack, "runtime._defer", "link", on_heap);
  image_.set(on_heap, "runtime._defer", "fn", object(2));
  image_.set(on_heap, "runtime._defer", "heap", 1);
  const auto found = roots();
  EXPECT_THAT(values(found), UnorderedElementsAre(object(1), on_heap, object(2)));
  for (const StackRoot& root : found) EXPECT_EQ(root.kind, StackRootKind::kDefer);
}

TEST_P(FrameRootsTest, LeavesARingOfDeferredCalls) {
  make_f({kNone, image_.stack_map(0, {{}})});
  std::vector<Address> records(5);
  for (Address& record : records) record = image_.make("runtime._defer");
  for (std::size_t i = 0; i < records.size(); ++i)
    image_.set(records[i], "runtime._defer", "link", records[i == 4 ? 2 : i + 1]);
  g_.defers = records[0];
  roots();
  ASSERT_EQ(image_.losses.sorted().size(), 1U);
  EXPECT_EQ(image_.losses.sorted()[0].kind, "bad-defer");
}

TEST_P(FrameRootsTest, HoldsTheClosureOfAGoroutineThatHasNotRun) {
  g_.sched_pc = image_.function("main.fresh", 0);
  g_.sched_sp = kTop - 8;
  g_.sched_ctxt = object(4);
  const auto found = roots();
  ASSERT_TRUE(stack_.complete());
  ASSERT_THAT(values(found), ElementsAre(object(4)));
  EXPECT_EQ(found[0].kind, StackRootKind::kContext);
}

TEST_P(FrameRootsTest, CountsAMissingMap) {
  make_f({kNone, kNone});
  roots();
  ASSERT_EQ(image_.losses.sorted().size(), 1U);
  EXPECT_EQ(image_.losses.sorted()[0].kind, "missing-stack-map");
}

TEST_P(FrameRootsTest, AsksReflectsMadeFunctionsForTheirArguments) {
  // Its frame has the record at 0(SP) and a byte at 32(SP) that is set once there are results; the caller's words are
  // at argp.
  const Address make_func = image_.function({.name = "reflect.makeFuncStub",
                                             .sp = {{0x40, 0x180}},
                                             .pcdata = {{}, {{0x40, 0}}},
                                             .funcdata = {kNone, image_.stack_map(0, {{}})},
                                             .args = binary::kArgsUnknown});
  const Address frame = kTop - 8 - 0x180;
  const Address record = StackImage::kData + 0x4000;
  image_.put(frame, record);
  image_.put(record, make_func);
  image_.put(record + 8, record + 0x40);
  image_.put<std::uint64_t>(record + 16, 16);  // 2 words of arguments, then results
  image_.put<std::int32_t>(record + 0x40, 3);
  image_.put(record + 0x48, record + 0x60);
  image_.put<std::uint8_t>(record + 0x60, 0b111);
  for (std::uint64_t i = 0; i < 3; ++i) image_.put(argp() + i * 8, object(i));
  g_.sched_pc = make_func + 9;
  g_.sched_sp = frame;
  EXPECT_THAT(values(roots()), ElementsAre(object(0), object(1)));
  image_.put<std::uint8_t>(frame + 32, 1);
  EXPECT_THAT(values(roots()), ElementsAre(object(0), object(1), object(2)));
}

// Compares the two phases with a naive version of the rule, on random stacks.
TEST_P(FrameRootsTest, AgreesWithANaiveWalkOnRandomStacks) {
  std::mt19937 random(static_cast<unsigned>(GetParam()));
  constexpr std::uint32_t kWords = 200;
  constexpr std::uint64_t kBytes = std::uint64_t{kWords} * 8;
  for (int round = 0; round < 30; ++round) {
    StackImage image(GetParam());
    const Address goexit = image.function("runtime.goexit", 0, binary::kFlagTopFrame);
    const Address varp = kTop - 16;
    const Address low = varp - kBytes;
    const auto word_at = [&](std::uint64_t word) { return low + word * 8; };
    std::vector<std::uint64_t> words(kWords);
    for (auto& word : words) {
      const auto kind = random() % 3;
      word = kind == 0 ? 0 : kind == 1 ? object(random() % 1000).value : (low + random() % kBytes).value;
    }
    for (std::uint32_t i = 0; i < kWords; ++i) image.put<std::uint64_t>(word_at(i), words[i]);
    // Objects cover the upper part; locals are words of the lower 20.
    struct Variable {
      std::uint32_t first, count;
      std::vector<std::uint32_t> mask;
    };
    std::vector<Variable> variables;
    for (std::uint32_t at = 20; at < kWords;) {
      const auto count = std::min<std::uint32_t>(kWords - at, 1 + static_cast<std::uint32_t>(random() % 12));
      Variable variable{at, count, {}};
      for (std::uint32_t i = 0; i < count; ++i)
        if (random() % 2 == 0) variable.mask.push_back(i);
      if (random() % 4 != 0) variables.push_back(variable);
      at += count;
    }
    std::vector<std::uint32_t> live;
    for (std::uint32_t i = 0; i < 20; ++i)
      if (random() % 4 == 0) live.push_back(i);
    std::vector<StackImage::StackVariable> records;
    records.reserve(variables.size());
    for (const Variable& v : variables)
      records.push_back({static_cast<std::int32_t>(v.first * 8) - static_cast<std::int32_t>(kBytes),
                         static_cast<std::int32_t>(v.count * 8), static_cast<std::int32_t>(v.count * 8),
                         image.mask(v.mask)});
    const Address f =
        image.function({.name = "main.f",
                        .sp = {{0x40, static_cast<std::int32_t>(kBytes) + 8}},
                        .pcdata = {{}, {{0x40, 0}}},
                        .funcdata = {kNone, image.stack_map(kWords, {live}), image.stack_objects(records)}});
    image.put(kTop - 8, goexit + 1);
    Goroutine g = g_;
    g.sched_pc = f + 8;
    g.sched_sp = low;
    const Unwinder unwinder(image.runtime(), image.functions(), scheduler_, {});
    const auto found = StackRootFinder(image.runtime(), image.functions(), image.losses).roots(g, unwinder.unwind(g));

    std::set<std::uint32_t> slots(live.begin(), live.end());
    for (bool grown = true; grown;) {
      grown = false;
      for (const Variable& v : variables)
        for (const std::uint32_t slot : std::set<std::uint32_t>(slots)) {
          const Address target(words[slot]);
          if (target < word_at(v.first) || target >= word_at(v.first + v.count)) continue;
          for (const std::uint32_t bit : v.mask) grown = slots.insert(v.first + bit).second || grown;
        }
    }
    std::set<Address> expected;
    for (const std::uint32_t slot : slots)
      if (words[slot] != 0 && !g.stack.contains(Address(words[slot]))) expected.insert(word_at(slot));
    std::set<Address> actual;
    for (const StackRoot& root : found) EXPECT_TRUE(actual.insert(root.slot).second) << "twice";
    EXPECT_EQ(actual, expected);
  }
}

class GcProgramObjectTest : public FrameRootsTest {};
INSTANTIATE_TEST_SUITE_P(Releases, GcProgramObjectTest, testing::Values(19, 23));

TEST_P(GcProgramObjectTest, ExpandsTheMaskOfALargeVariable) {
  // The program: a length prefix; 2 bits "10" (low bit first: word 1), repeated twice more; the end.
  const std::uint32_t program = image_.rodata({4, 0, 0, 0, 0x02, 0x02, 0x82, 2, 0});
  make_f({kNone, image_.stack_map(7, {{0}}), image_.stack_objects({{-48, 48, -48, program}})});
  image_.put(varp() - 56, varp() - 48);
  for (std::uint64_t i = 0; i < 6; ++i) image_.put(varp() - 48 + i * 8, object(i));
  EXPECT_THAT(values(roots()), ElementsAre(object(1), object(3), object(5)));
}

}  // namespace
}  // namespace holdfast::go
