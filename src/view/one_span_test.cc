#include "view/one_span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "heap/heap_builder_for_tests.h"
#include "view/span_table.h"

namespace holdfast::view {
namespace {

using heap::SpanRecord;
using heap::SweepState;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::SizeIs;

// A span of four slots of 2 KiB, of which the first two have objects, and one of a page of 48 bytes.
class OneSpanOfTwo : public ::testing::Test {
 protected:
  OneSpanOfTwo() {
    first_ = heap_.object(2048, heap_.structure("main.page", 2048, {}));
    second_ = heap_.object(2048);
    heap_.free_slot(true, 2048);
    heap_.free_slot(true, 2048);
    heap_.object(48);
  }
  OneSpan look(Address address = Address(0xc000000000)) {
    const heap::Snapshot snapshot = heap_.build();
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    return one_span(groundwork, graph::reach(snapshot), address, 0);
  }
  void hold() { heap_.refer(heap_.root(heap::RootKind::kGlobal, "main.kept"), second_); }
  void record(const SpanRecord& record) { heap_.snapshot().span_records = {record, {}}; }

  HeapBuilder heap_;
  HeapBuilder::Handle first_, second_;
};

TEST_F(OneSpanOfTwo, ShowsItsSlotsAndWhoKeepsIt) {
  hold();
  record({2, SweepState::kSwept, 3});
  const OneSpan one = look(Address(0xc000000000) + 3000);
  EXPECT_EQ(one.span.base, Address(0xc000000000));
  EXPECT_THAT(one.slots, ElementsAre(SlotState::kGarbage, SlotState::kLive, SlotState::kFree, SlotState::kFree));
  EXPECT_EQ(one.live, 1U);
  EXPECT_EQ(one.garbage, 1U);
  EXPECT_EQ(one.free_bytes(), 4096U);
  EXPECT_EQ(one.left_behind, 0U);
  EXPECT_EQ(one.stays, SpanStays::kLive);
  EXPECT_EQ(one.record, (SpanRecord{2, SweepState::kSwept, 3}));
  ASSERT_THAT(one.keepers, SizeIs(1));
  EXPECT_EQ(one.keepers[0].who.full, "main.kept");
  EXPECT_EQ(one.keepers[0].example, Address(0xc000000000) + 2048);
}

TEST_F(OneSpanOfTwo, OfGarbageInACacheGoesWithTheNextCollection) {
  record({2, SweepState::kSwept, 3});
  EXPECT_EQ(look().stays, SpanStays::kCached);
}

TEST_F(OneSpanOfTwo, OfGarbageThatIsNotMarkedWaitsForItsSweep) {
  record({2, SweepState::kWaits, SpanRecord::kNobody});
  heap::Snapshot snapshot = heap_.build();
  snapshot.spans[0].has_marks = true;
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  const graph::Reachability reached = graph::reach(snapshot);
  EXPECT_EQ(one_span(groundwork, reached, Address(0xc000000000), 0).stays, SpanStays::kNotSwept);
  heap::set_bit(snapshot.marked, 0);
  EXPECT_EQ(one_span(groundwork, reached, Address(0xc000000000), 0).stays, SpanStays::kMarked);
}

TEST_F(OneSpanOfTwo, OfGarbageIsToldWithoutRecordsToo) {
  const OneSpan one = look();
  EXPECT_EQ(one.stays, SpanStays::kGarbage);
  EXPECT_FALSE(one.record);
}

TEST_F(OneSpanOfTwo, IsNotWhereThereIsNone) {
  EXPECT_THROW(look(Address(0x1000)), Error);
}

TEST_F(OneSpanOfTwo, ClassesAddUpToAllSpans) {
  hold();
  const heap::Snapshot snapshot = heap_.build();
  const Table classes = span_class_table(snapshot, graph::reach(snapshot));
  ASSERT_EQ(classes.rows, 1U);  // the builder gives no size classes
  const auto cell = [&](std::string_view name) {
    std::size_t c = 0;
    while (classes.shape.columns[c].name != name) ++c;
    return std::get<std::uint64_t>(classes.cell(0, c));
  };
  EXPECT_EQ(cell("spans"), 2U);
  EXPECT_EQ(cell("size"), 2 * 8192U);
  EXPECT_EQ(cell("allocated"), 2 * 2048U + 48);
  EXPECT_EQ(cell("reached"), 2048U);
  EXPECT_EQ(cell("fragmentation"), 2 * 8192U - 2 * 2048U - 48);
  EXPECT_EQ(cell("filled"), 25U);
  EXPECT_EQ(cell("free"), 2 * 2048U);
  EXPECT_EQ(cell("sparse"), 0U);
}

}  // namespace
}  // namespace holdfast::view
