#include "typing/typed_heap.h"

#include <gmock/gmock.h>

#include "typing/heap_image_for_tests.h"

namespace holdfast::typing {
namespace {

using go::TypeImage;

class TypedHeapTest : public testing::Test {
 protected:
  explicit TypedHeapTest(int minor = 26) : heap_(minor) {}

  void open() {
    heap_.open();
    view_.emplace(*heap_.runtime, *heap_.index, heap_.snapshot);
  }
  HeapView::Location find(Address at) const {
    HeapView::Location location;
    view_->find({&at, 1}, {&location, 1});
    return location;
  }
  HeapView::Object read(std::uint32_t row) const {
    HeapView::Object object;
    view_->read({&row, 1}, {&object, 1});
    return object;
  }

  HeapImage heap_;
  std::optional<TypedHeap> view_;
};

TEST_F(TypedHeapTest, FindsWhereInWhichObjectAnAddressLies) {
  heap_.add_span(4, 32, true, 0b1011);
  open();
  EXPECT_EQ(view_->objects(), 3U);
  EXPECT_EQ(find(TypeImage::kHeap + 40).row, 1U);
  EXPECT_EQ(find(TypeImage::kHeap + 40).offset, 8U);
  EXPECT_EQ(find(TypeImage::kHeap + 40).bytes, 32U);
  EXPECT_EQ(find(TypeImage::kHeap + 40).too_small, 24U) << "the smaller size class";
  EXPECT_EQ(find(TypeImage::kHeap + 96).row, 2U);
  EXPECT_EQ(find(TypeImage::kHeap + 64).row, HeapView::Location::kNone) << "a free slot";
  EXPECT_EQ(find(TypeImage::kHeap - 8).row, HeapView::Location::kNone);
}

TEST_F(TypedHeapTest, ReadsObjectsWithTheirRoom) {
  heap_.add_span(4, 32, true, 0b101);
  heap_.add_span(4, 32, false);
  heap_.image.write(TypeImage::kHeap + 64, std::uint64_t{0x1234});
  open();
  ASSERT_NE(read(1).data, nullptr);
  EXPECT_EQ(load_le<std::uint64_t>(read(1).data), 0x1234U);
  EXPECT_EQ(read(1).bytes, 32U);
  EXPECT_EQ(read(1).too_small, 24U);
  EXPECT_EQ(read(2).data, nullptr) << "objects without pointers are not read";
}

TEST_F(TypedHeapTest, LeavesTheHeaderOutOfTheValue) {
  heap_.add_span(27, 576, true, 1, 8);
  heap_.image.write(TypeImage::kHeap + 8, std::uint64_t{0x1234});
  open();
  EXPECT_EQ(load_le<std::uint64_t>(read(0).data), 0x1234U);
  EXPECT_EQ(read(0).bytes, 568U);
  EXPECT_EQ(read(0).too_small, 512U) << "slots up to that size have no header";
  EXPECT_EQ(find(TypeImage::kHeap + 24).offset, 16U);
  EXPECT_EQ(find(TypeImage::kHeap).offset, ~std::uint64_t{7}) << "the header itself";
}

TEST_F(TypedHeapTest, KnowsWhatLargeAndTinyObjectsHaveRoomFor) {
  const Address large = heap_.add_span(0, 5 * kGoPage, true, 1, 0, 5);
  const Address smallest = heap_.add_span(1, 8, true);
  const Address tiny = heap_.add_span(2, 16, false);
  open();
  EXPECT_EQ(find(large).too_small, 4 * kGoPage);
  EXPECT_EQ(find(smallest).too_small, 0U) << "there is no smaller class";
  EXPECT_EQ(find(tiny).too_small, 0U) << "several values of less than 16 bytes share it";
}

TEST_F(TypedHeapTest, TakesTheHeaderOfTheSmallerSlotOff) {
  heap_.add_span(28, 640, true, 1, 8);
  open();
  EXPECT_EQ(read(0).bytes, 632U);
  EXPECT_EQ(read(0).too_small, 568U);
}

// What the dead point to may have been swept, and made into other objects.
TEST_F(TypedHeapTest, LeavesOutTheDeadThatWaitToBeSwept) {
  const Address span = heap_.add_span(4, 32, true, 0b111);
  heap_.snapshot.marked = HugeArray<std::uint64_t>(1);
  heap_.snapshot.fresh = HugeArray<std::uint64_t>(1);
  heap::set_bit(heap_.snapshot.marked, 0);
  heap::set_bit(heap_.snapshot.fresh, 2);
  heap_.snapshot.spans[0].has_marks = true;
  open();
  EXPECT_EQ(find(span).row, 0U);
  EXPECT_EQ(find(span + 32).row, HeapView::Location::kNone);
  EXPECT_EQ(find(span + 64).row, 2U);
  EXPECT_NE(read(0).data, nullptr);
  EXPECT_EQ(read(1).data, nullptr);
  EXPECT_NE(read(2).data, nullptr);
  EXPECT_EQ(view_->objects(), 3U) << "they keep their rows";
}

TEST_F(TypedHeapTest, NobodyIsDeadWhereNoMarksAreKnown) {
  const Address span = heap_.add_span(4, 32, true);
  heap_.snapshot.marked = HugeArray<std::uint64_t>(1);
  heap_.snapshot.fresh = HugeArray<std::uint64_t>(1);
  open();
  EXPECT_EQ(find(span).row, 0U);
  EXPECT_NE(read(0).data, nullptr);
}

class TypedHeapBeforeHeadersTest : public TypedHeapTest {
 protected:
  TypedHeapBeforeHeadersTest() : TypedHeapTest(21) {}
};

TEST_F(TypedHeapBeforeHeadersTest, TakesTheWholeSmallerSlot) {
  heap_.add_span(28, 640, true);
  open();
  EXPECT_EQ(read(0).bytes, 640U);
  EXPECT_EQ(read(0).too_small, 576U);
}

TEST_F(TypedHeapTest, DoesNotReadWhatIsMissing) {
  heap_.go_to(TypeImage::kHeap + TypeImage::kBytes - kGoPage);
  const Address at = heap_.add_span(4, 32, true, 1, 0, 2);
  open();
  EXPECT_EQ(read(0).data, nullptr);
  EXPECT_EQ(find(at + 8).row, 0U);
}

}  // namespace
}  // namespace holdfast::typing
