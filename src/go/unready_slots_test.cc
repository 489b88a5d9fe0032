#include "go/unready_slots.h"

#include <gmock/gmock.h>

#include "go/span_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Address kThread{0xb0000000};
constexpr std::uint32_t kInHand = kSweepGen + 3;

// A thread that was stopped within the runtime's allocation of small objects.
class UnreadySlots : public testing::TestWithParam<int>, protected SpanImage {
 protected:
  UnreadySlots() : SpanImage(GetParam()) {}

  // The P that was added last is run by a thread.
  void run(bool allocates) {
    set(kProcessors + caches_ * 0x10000, "runtime.p", "m", (kThread + caches_ * 0x10000).value);
    set(kThread + caches_ * 0x10000, "runtime.m", "mallocing", allocates ? 1 : 0);
  }
  void take(const SpanOf& of, bool allocates = true) {
    add_cache(add(of));
    run(allocates);
  }
  std::vector<UnreadySlot> find() {
    const Runtime& runtime = this->runtime();
    const HeapModel heap = HeapModel::read(runtime, Motion::kStopped, losses_);
    return find_unready_slots(runtime, heap);
  }
};

INSTANTIATE_TEST_SUITE_P(Releases, UnreadySlots, testing::Values(20, 21, 22, 23, 24, 25, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(UnreadySlots, TheLastTakenSlotIsOneUntilTheScanIndexHasPassedIt) {
  add({.free_index = 64, .scan_index = 64});
  take({.sweep_gen = kInHand, .free_index = 13, .scan_index = 12});
  take({.sweep_gen = kInHand, .free_index = 6, .scan_index = 6});
  EXPECT_THAT(find(), ElementsAre(UnreadySlot{1, 12}));
}

TEST_P(UnreadySlots, OldObjectsAreBetweenTheIndicesToo) {
  take({.sweep_gen = kInHand, .free_index = 13, .scan_index = 3, .alloc_bits = 0x1ff8});
  EXPECT_THAT(find(), IsEmpty());
}

TEST_P(UnreadySlots, AThreadThatDoesNotAllocateHasNone) {
  take({.sweep_gen = kInHand, .free_index = 13, .scan_index = 12}, false);
  EXPECT_THAT(find(), IsEmpty());
}

TEST_P(UnreadySlots, ASpanThatNoAllocatingThreadHasInHandHasNone) {
  take({.sweep_gen = kInHand, .free_index = 3, .scan_index = 3});
  add({.sweep_gen = kInHand, .free_index = 13, .scan_index = 12});
  EXPECT_THAT(find(), IsEmpty());
}

// What was allocated while the collector marked leaves the scan index behind until the sweep (Go 1.25+).
TEST_P(UnreadySlots, ASpanThatWaitsForItsSweepHasNone) {
  take({.sweep_gen = kSweepGen + 1, .free_index = 13, .scan_index = 2});
  take({.sweep_gen = kSweepGen - 2, .free_index = 13, .scan_index = 2});
  EXPECT_THAT(find(), IsEmpty());
}

TEST_P(UnreadySlots, WhileTheCollectorMarksNewObjectsAreMarked) {
  memory_.put(kPhase, 1, 4);
  take({.sweep_gen = kInHand, .free_index = 13, .scan_index = 2, .mark_bits = 0x0ffc});
  take({.sweep_gen = kInHand, .free_index = 13, .scan_index = 2, .mark_bits = 0x1ffc});
  EXPECT_THAT(find(), ElementsAre(UnreadySlot{0, 12}));
}

}  // namespace
}  // namespace holdfast::go
