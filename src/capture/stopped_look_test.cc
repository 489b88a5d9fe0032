#include "capture/stopped_look.h"

#include <gtest/gtest.h>

#include "base/cancel.h"
#include "base/memory_image.h"
#include "capture/running_process_for_tests.h"

namespace holdfast::capture {
namespace {

class StoppedLookTest : public testing::Test {
 protected:
  StoppedLookTest() {
    span_ = process_.heap.add_span(kSlots64);
    object_ = process_.heap.keep(span_);
    process_.image.put(object_, kValue);
    process_.image.put(RunningProcess::kVariables, kValue);
    process_.threads = {{.tid = 7, .tid_in_namespace = 7, .stopped = true, .registers = {}}};
  }

  StoppedLook look() {
    return {process_.image.runtime(), no_files_, process_.ranges, process_.plan(), leaves_, losses_};
  }
  void run(StoppedLook& look) {
    look.run([this] { return process_.stop(); }, [this] { return process_.ranges.readable; }, times_);
  }
  // Runs a look that fails, and returns with what.
  ErrorCode failure() {
    StoppedLook failing = look();
    try {
      run(failing);
    } catch (const Error& error) {
      // Not only once this is gone: whoever catches the error may take long.
      EXPECT_FALSE(process_.stopped);
      return error.code();
    }
    ADD_FAILURE() << "did not fail";
    return ErrorCode::kSystem;
  }
  std::uint64_t lost(LossKind kind) const {
    std::uint64_t count = 0;
    for (const Loss& loss : losses_.sorted())
      if (loss.kind == loss_info(kind).id) count += loss.count;
    return count;
  }
  bool was_copied(Address at) const { return !within({{at, at + 8}}, joined(process_.copied)).empty(); }

  static constexpr unsigned kSlots64 = RunningProcess::kSlots64;
  static constexpr std::uint64_t kPage = RunningProcess::kPage;
  static constexpr std::uint64_t kValue = 0x1122334455667788;
  RunningProcess process_;
  MemoryImage no_files_;
  LossLedger losses_;
  LeavesWanted leaves_;
  PassTimes times_;
  Address span_, object_;
};

TEST_F(StoppedLookTest, CopiesOfMemoryWithoutPointersWhatLiesNearAnObject) {
  const Address leaves = process_.heap.add_span(kSlots64, false);
  const Address near = process_.heap.keep(leaves), far = process_.heap.keep(leaves);
  process_.image.put(near, kValue);
  process_.image.put(far, kValue);
  process_.image.put(object_ + 8, near);
  leaves_.near = object_;
  StoppedLook looked = look();
  run(looked);
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(near), kValue);
  EXPECT_FALSE(looked.memory().try_integer<std::uint64_t>(far));
}

TEST_F(StoppedLookTest, CopiesWhatWasPlannedWhileTheTargetStandsStill) {
  StoppedLook looked = look();
  EXPECT_EQ(process_.times_stopped, 0U);
  run(looked);
  EXPECT_EQ(process_.times_stopped, 1U);
  EXPECT_FALSE(process_.stopped);
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(object_), kValue);
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(RunningProcess::kVariables), kValue);
  EXPECT_EQ(looked.pause_ms(), 1.5);
  EXPECT_GE(looked.bytes_read(), 8192 + RunningProcess::kVariableBytes);
  EXPECT_TRUE(losses_.sorted().empty());
  ASSERT_EQ(looked.threads().size(), 1U);
  EXPECT_EQ(looked.threads().front().thread_id, 7U);
}

// The copy is of one moment: that of the stop, not of the look before, and not of what comes after.
TEST_F(StoppedLookTest, ShowsTheMomentOfTheStop) {
  StoppedLook looked = look();
  process_.on_stop = [this] { process_.image.put<std::uint64_t>(object_, 1); };
  run(looked);
  process_.image.put<std::uint64_t>(object_, 2);
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(object_), 1U);
}

TEST_F(StoppedLookTest, ReadsSpansThatAreNewSinceTheLookBefore) {
  StoppedLook looked = look();
  Address later;
  process_.on_stop = [&] { later = process_.heap.keep(process_.heap.add_span(kSlots64)); };
  run(looked);
  EXPECT_TRUE(was_copied(later));
  EXPECT_TRUE(looked.memory().try_integer<std::uint64_t>(later).has_value());
}

TEST_F(StoppedLookTest, LeavesOutWhatHoldsNothingUnlessItWasFilledSince) {
  process_.absent = {{span_, span_ + 2 * kPage}};
  StoppedLook looked = look();
  process_.on_stop = [this] { process_.absent = {{span_ + kPage, span_ + 2 * kPage}}; };
  run(looked);
  EXPECT_TRUE(was_copied(span_));
  EXPECT_FALSE(was_copied(span_ + kPage));
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(object_), kValue);
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(span_ + kPage), 0U);
}

TEST_F(StoppedLookTest, AnUnreadablePageIsALossAndZero) {
  StoppedLook looked = look();
  process_.on_stop = [this] { process_.unreadable = {{span_, span_ + kPage}}; };
  run(looked);
  EXPECT_EQ(lost(LossKind::kUnreadablePage), 1U);
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(object_), 0U);
  EXPECT_EQ(looked.memory().integer<std::uint64_t>(RunningProcess::kVariables), kValue);
}

TEST_F(StoppedLookTest, AThreadThatDoesNotStopIsALoss) {
  process_.threads.push_back({.tid = 8, .tid_in_namespace = 8, .stopped = false, .registers = {}});
  StoppedLook looked = look();
  run(looked);
  EXPECT_EQ(lost(LossKind::kThreadNotStopped), 1U);
  EXPECT_EQ(looked.threads().size(), 1U);
}

TEST_F(StoppedLookTest, LetsGoATargetThatEndsInTheMiddle) {
  unsigned copies = 0;
  process_.on_copy = [&] {
    if (++copies == 2) fail(ErrorCode::kTargetGone, "process 7 has ended");
  };
  EXPECT_EQ(failure(), ErrorCode::kTargetGone);
  EXPECT_EQ(copies, 2U);
}

TEST_F(StoppedLookTest, LetsGoWhenItIsCancelled) {
  Cancellation cancellation;
  const CancellationScope scope(&cancellation);
  process_.on_copy = [&] {
    cancellation.request();
    throw_if_cancelled();
  };
  StoppedLook looked = look();
  EXPECT_THROW(run(looked), Cancelled);
  EXPECT_FALSE(process_.stopped);
}

// A target that was stopped cannot be torn: records that contradict themselves are damaged, or of another release.
TEST_F(StoppedLookTest, LetsGoWhenTheRecordsOfTheHeapAreDamaged) {
  process_.on_stop = [this] {
    const bool renamed = process_.image.layouts->find("runtime.mheap", "heapArenas").has_value();
    const auto list = process_.image.layouts->offset("runtime.mheap", renamed ? "heapArenas" : "allArenas");
    process_.image.put<std::uint64_t>(go::HeapImage::kMheap + list + 8, ~std::uint64_t{0});
  };
  EXPECT_EQ(failure(), ErrorCode::kUnsupported);
}

TEST_F(StoppedLookTest, ATargetThatCannotBeStoppedIsNotRead) {
  StoppedLook looked = look();
  EXPECT_THROW(looked.run([]() -> std::unique_ptr<os::Frozen> { fail(ErrorCode::kPermission, "traced by another"); },
                          [this] { return process_.ranges.readable; }, times_),
               Error);
  EXPECT_TRUE(process_.copied.empty());
}

}  // namespace
}  // namespace holdfast::capture
