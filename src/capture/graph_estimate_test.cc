#include "capture/graph_estimate.h"

#include <gtest/gtest.h>

#include "go/heap_image_for_tests.h"

namespace holdfast::capture {
namespace {

class GraphEstimate : public testing::Test {
 protected:
  static constexpr unsigned kSlots64 = 6;  // the size class of 64 bytes
  static constexpr Address kHuge = go::HeapImage::kHeap + 0x800000;
  static constexpr std::uint64_t kHugeBytes = 2 << 20;

  GraphSize estimate(const std::vector<AddressRange>& empty = {}) {
    LossLedger losses;
    const auto heap = go::HeapModel::read(image_.runtime(), go::Motion::kStopped, losses);
    return estimate_graph(image_.runtime(), heap, empty);
  }

  // Adds an object of 2 MiB whose type is known.
  void add_huge() {
    image_.map(kHuge, kHugeBytes);
    const Address span = heap_.add_span(kSlots64);
    heap_.set(span, "allocCount", 1);
    heap_.set(span, "spanclass", 0);
    heap_.set(span, "startAddr", kHuge.value);
    heap_.set(span, "npages", kHugeBytes / 8192);
    heap_.set(span, "nelems", 1);
    heap_.set(span, "elemsize", kHugeBytes);
    heap_.set(span, "limit", (kHuge + kHugeBytes).value);
    if (image_.layouts->find("runtime.mspan", "largeType")) heap_.set(span, "largeType", 0x1000);
  }

  explicit GraphEstimate(int minor = 26) : image_(minor), heap_(image_) {}

  go::StackImage image_;
  go::HeapImage heap_;
};

class GraphEstimateOfOldRelease : public GraphEstimate {
 protected:
  GraphEstimateOfOldRelease() : GraphEstimate(21) {}
};

TEST_F(GraphEstimate, CountsObjectsAndTheWordsThatLeadIntoTheHeap) {
  const Address pointers = heap_.add_span(kSlots64);
  const Address bytes = heap_.add_span(kSlots64, false);
  const Address holder = heap_.keep(pointers);
  heap_.keep(pointers);
  heap_.point(holder, 0, heap_.keep(bytes));
  heap_.point(holder, 3, holder + 8);
  heap_.point(holder, 4, Address(0x1234));
  const GraphSize graph = estimate();
  EXPECT_EQ(graph.objects, 3U);
  EXPECT_EQ(graph.pointerful, 2U);
  EXPECT_EQ(graph.references, 2U);
}

TEST_F(GraphEstimate, LeavesOutWhatHoldsNothing) {
  const Address pointers = heap_.add_span(kSlots64);
  const Address holder = heap_.keep(pointers);
  heap_.point(holder, 0, holder);
  EXPECT_EQ(estimate().references, 1U);
  EXPECT_EQ(estimate({{pointers, pointers + 4096}}).references, 0U);
}

TEST_F(GraphEstimate, OfAHugeObjectCountsOneReferenceToTheBeginningOfEachObject) {
  const Address small = heap_.add_span(kSlots64);
  const Address object = heap_.keep(small);
  add_huge();
  for (std::uint64_t at = 0; at < kHugeBytes; at += 8) image_.put(kHuge + at, object);
  EXPECT_EQ(estimate().references, 2U);  // as many as there are objects
  EXPECT_EQ(estimate().repeated, 0U);
  for (std::uint64_t at = 0; at < kHugeBytes; at += 8) image_.put(kHuge + at, object + 8);
  EXPECT_EQ(estimate().references, kHugeBytes / 8);
  EXPECT_EQ(estimate().repeated, kHugeBytes / 8);
  const Address leaf = heap_.keep(heap_.add_span(kSlots64, false));
  for (std::uint64_t at = 0; at < kHugeBytes; at += 8) image_.put(kHuge + at, leaf + 8);
  EXPECT_EQ(estimate().references, kHugeBytes / 8);
  EXPECT_EQ(estimate().repeated, 0U);
}

// Before Go 1.22 no type says where the pointers of a huge object are.
TEST_F(GraphEstimateOfOldRelease, OfAHugeObjectEachReferenceCounts) {
  const Address object = heap_.keep(heap_.add_span(kSlots64));
  add_huge();
  EXPECT_EQ(estimate().longest_row, 0U);
  for (std::uint64_t at = 0; at < kHugeBytes; at += 8) image_.put(kHuge + at, object);
  EXPECT_EQ(estimate().references, kHugeBytes / 8);
  EXPECT_EQ(estimate().longest_row, kHugeBytes / 8);
}

}  // namespace
}  // namespace holdfast::capture
