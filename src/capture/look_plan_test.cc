#include "capture/look_plan.h"

#include <gtest/gtest.h>

#include "capture/running_process_for_tests.h"

namespace holdfast::capture {
namespace {

class LookPlanTest : public testing::Test {
 protected:
  static bool has(const std::vector<AddressRange>& ranges, AddressRange part) {
    return total_bytes(within({part}, ranges)) == part.size();
  }
  static AddressRange span_at(Address base) { return {base, base + 8192}; }

  RunningProcess process_;
};

TEST_F(LookPlanTest, HasSpansWithPointersAndVariables) {
  const Address pointers = process_.heap.add_span(RunningProcess::kSlots64);
  const Address bytes = process_.heap.add_span(RunningProcess::kSlots64, false);
  process_.heap.keep(pointers);
  process_.heap.keep(bytes);
  const LookPlan plan = process_.plan();
  EXPECT_TRUE(has(plan.ranges, span_at(pointers)));
  EXPECT_TRUE(has(plan.ranges, process_.ranges.variables.front()));
  EXPECT_EQ(total_bytes(within({{bytes, bytes + 4096}}, plan.ranges)), 0U);
  EXPECT_EQ(plan.deep_stack_bytes, 0U);
}

TEST_F(LookPlanTest, HasEverySpanForContent) {
  const Address bytes = process_.heap.add_span(RunningProcess::kSlots64, false);
  EXPECT_TRUE(has(process_.plan(true).ranges, span_at(bytes)));
}

// They are read together before anything else is, instead of one after the other.
TEST_F(LookPlanTest, HasTheRecordsThatLeadToTheHeapBesideTheRanges) {
  process_.heap.keep(process_.heap.add_span(RunningProcess::kSlots64));
  const LookPlan plan = process_.plan();
  for (const Address record : {go::HeapImage::kLists, go::HeapImage::kSpans, go::HeapImage::kBits})
    EXPECT_TRUE(has(plan.blocks, {record, record + 8})) << record.value;
  EXPECT_TRUE(within(plan.blocks, plan.ranges).empty());
}

TEST_F(LookPlanTest, KnowsWhatHoldsNothing) {
  const Address pointers = process_.heap.add_span(RunningProcess::kSlots64);
  const AddressRange upper{pointers + 4096, pointers + 8192};
  process_.absent = {upper};
  EXPECT_EQ(process_.plan().empty, std::vector{upper});
}

// A page of a file that is not in memory is not zero: it comes when it is read.
TEST_F(LookPlanTest, WhatIsAbsentOfAFileIsNotEmpty) {
  process_.heap.add_span(RunningProcess::kSlots64);
  process_.absent = process_.ranges.variables;
  EXPECT_TRUE(process_.plan().empty.empty());
}

TEST_F(LookPlanTest, HasMemoryThatIsNotGosUpToALimitIfItIsWanted) {
  process_.heap.add_span(RunningProcess::kSlots64);
  const AddressRange malloc{Address(0x7f0000000000), Address(0x7f0000010000)};
  process_.ranges.anonymous.push_back(malloc);
  EXPECT_TRUE(process_.plan().outside.empty());
  process_.ranges.most_outside = 1 << 20;
  EXPECT_TRUE(has(process_.plan().outside, malloc));
  EXPECT_TRUE(has(process_.plan().ranges, malloc));
  process_.absent = {{malloc.begin, malloc.begin + 8192}};
  process_.ranges.most_outside = 10000;
  const LookPlan plan = process_.plan();
  EXPECT_EQ(plan.outside.back(), (AddressRange{malloc.begin + 8192, malloc.begin + 8192 + 8192}));
}

TEST(FilledOf, AsksOnceAboutNeighbours) {
  const Address base(0x100000);
  const auto at = [&](std::uint64_t begin, std::uint64_t end) { return AddressRange{base + begin, base + end}; };
  std::vector<AddressRange> asked;
  const auto filled = filled_of({at(0, 10), at(20, 30), at(1 << 20, (1 << 20) + 10)}, [&](AddressRange range) {
    asked.push_back(range);
    return std::vector{AddressRange{range.begin + 5, range.end}};
  });
  EXPECT_EQ(asked, (std::vector{at(0, 30), at(1 << 20, (1 << 20) + 10)}));
  EXPECT_EQ(filled, (std::vector{at(5, 10), at(20, 30), at((1 << 20) + 5, (1 << 20) + 10)}));
}

}  // namespace
}  // namespace holdfast::capture
