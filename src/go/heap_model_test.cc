#include "go/heap_model.h"

#include <gmock/gmock.h>

#include "base/cancel.h"
#include "go/identify.h"
#include "go/span_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class HeapModelTest : public testing::TestWithParam<int>, protected SpanImage {
 protected:
  HeapModelTest() : SpanImage(GetParam()) {}

  static std::uint64_t black(const HeapModel& heap, std::size_t row) {
    std::uint64_t slots = 0;
    return heap.allocated_while_marking(heap.in_use()[row], &slots) ? slots : 0;
  }
};

INSTANTIATE_TEST_SUITE_P(Releases, HeapModelTest, testing::Values(19, 20, 21, 22, 23, 24, 25, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(HeapModelTest, SlotsBehindTheScanIndexWereAllocatedWhileMarking) {
  add({.sweep_gen = kSweepGen - 2, .free_index = 12, .scan_index = 8, .alloc_bits = 0b10'0100'0000'0000});
  add({.sweep_gen = kSweepGen + 1, .free_index = 64, .scan_index = 63});
  const HeapModel heap = read();
  if (GetParam() < 25) {  // the index does not tell in these releases
    EXPECT_EQ(black(heap, 0), 0U);
    return;
  }
  EXPECT_EQ(black(heap, 0), 0b1011'0000'0000U) << "slot 10 has survived the collection before";
  EXPECT_EQ(black(heap, 1), std::uint64_t{1} << 63);
}

TEST_P(HeapModelTest, NothingIsBlackInASweptSpanOrDuringTheMark) {
  add({.sweep_gen = kSweepGen, .free_index = 12, .scan_index = 8});
  add({.sweep_gen = kSweepGen + 3, .free_index = 12, .scan_index = 8});
  add({.sweep_gen = kSweepGen - 1, .free_index = 12, .scan_index = 8});
  add({.sweep_gen = kSweepGen - 2, .free_index = 12, .scan_index = 12});
  for (std::size_t row = 0; row < 4; ++row) EXPECT_EQ(black(read(), row), 0U) << row;
  memory_.put(kPhase, 1, 4);
  add({.sweep_gen = kSweepGen - 2, .free_index = 12, .scan_index = 8});
  EXPECT_EQ(black(read(), 4), 0U);
}

TEST_P(HeapModelTest, SpansOfARunningTargetMayOverlapThoseOfAStoppedOneNot) {
  add({});
  add({});
  move_to(4);
  EXPECT_EQ(read(Motion::kRunning).in_use().size(), 2U) << "memory went from one to the other while they were read";
  EXPECT_THROW(read(Motion::kStopped), Error);
}

TEST_P(HeapModelTest, AnEntryThatIsNotStoredYetIsNoLoss) {
  add({});
  ++count_;
  const bool renamed = layouts_->find("runtime.mheap", "heapArenas").has_value();
  memory_.put(kMheap + layouts_->offset("runtime.mheap", renamed ? "heapArenas" : "allArenas") + 8, 2);
  const HeapModel heap = read();
  EXPECT_EQ(heap.in_use().size(), 1U);
  EXPECT_EQ(heap.arena_ranges().size(), 1U);
  EXPECT_THAT(losses_.sorted(), IsEmpty());
}

TEST_P(HeapModelTest, AMissingEntryInTheMiddleIsALoss) {
  ++count_;
  add({});
  const HeapModel heap = read();
  EXPECT_EQ(heap.in_use().size(), 1U);
  ASSERT_EQ(losses_.sorted().size(), 1U);
  EXPECT_EQ(losses_.sorted().front().kind, loss_info(LossKind::kUnreadableSpan).id);
}

TEST_P(HeapModelTest, OnlyWhatReadsTwiceAlikeContradictsTheLayoutsOfARunningTarget) {
  const Address record = add({});
  set(record, "runtime.mspan", "npages", pages_of_class(kClassOfSlots));
  set(record, "runtime.mspan", "nelems", slots_of_class(version_, kClassOfSlots, true));
  EXPECT_THAT(check_layouts(runtime(), Motion::kStopped), IsEmpty());
  const FieldLayout size = layouts_->get("runtime.mspan", "elemsize");
  memory_.put(record + size.offset, 512);
  memory_.put_for_later(record + size.offset, 1024, 8);
  EXPECT_THAT(check_layouts(runtime(), Motion::kRunning), IsEmpty()) << "torn: the next read has it right";
  memory_.put(record + size.offset, 512);
  EXPECT_THAT(check_layouts(runtime(), Motion::kRunning), testing::SizeIs(1)) << "wrong: it stays so";
  memory_.put_for_later(record + size.offset, 1024, 8);
  EXPECT_THAT(check_layouts(runtime(), Motion::kStopped), testing::SizeIs(1)) << "nothing moves there";
}

TEST_P(HeapModelTest, ToBeAskedToStopContradictsNoLayout) {
  add({});
  Cancellation cancellation;
  cancellation.request();
  const CancellationScope scope(&cancellation);
  EXPECT_THROW(check_layouts(runtime(), Motion::kStopped), Cancelled);
}

TEST_P(HeapModelTest, SweptSpansWithoutAPageMarkWereMarkedByTheSweep) {
  add({.alloc_bits = 1, .page_mark = true});
  add({.alloc_bits = 1});
  add({.sweep_gen = kSweepGen + 3, .alloc_bits = 1});
  add({.sweep_gen = kSweepGen - 2, .alloc_bits = 1, .mark_bits = 1});
  EXPECT_THAT(read().marked_by_sweep_alone(), ElementsAre(1U, 2U));
}

TEST_P(HeapModelTest, ALargeObjectWithoutPointersHasNoTypeInItsSpan) {
  if (!layouts_->find("runtime.mspan", "largeType")) return;  // no span of this release names a type
  const Address type(0x501000);
  for (const bool no_pointers : {false, true})
    set(add({.alloc_bits = 1, .size_class = 0, .no_pointers = no_pointers}), "runtime.mspan", "largeType", type.value);
  const HeapModel heap = read();
  ASSERT_EQ(heap.in_use().size(), 2U);
  EXPECT_EQ(heap.in_use()[0].large_type, type);
  EXPECT_EQ(heap.in_use()[1].large_type, Address()) << "of the object that its record told of before";
}

TEST_P(HeapModelTest, PageMarksSayNothingWhenACollectionBegins) {
  add({.alloc_bits = 1});
  EXPECT_THAT(read().marked_by_sweep_alone(), IsEmpty()) << "all clear: they were cleared just now";
  add({.alloc_bits = 1, .page_mark = true});
  EXPECT_THAT(read().marked_by_sweep_alone(), ElementsAre(0U));
  memory_.put(kPhase, 1, 4);
  EXPECT_THAT(read().marked_by_sweep_alone(), IsEmpty());
}

}  // namespace
}  // namespace holdfast::go
