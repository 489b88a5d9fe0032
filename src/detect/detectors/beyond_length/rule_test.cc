#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using view::Confidence;
using view::Finding;

// main.queue{jobs []*main.job} has an array of 256 pointers, of which each refers to a job of 16 KiB.
heap::Snapshot queue(std::uint64_t begin, std::uint64_t length, std::uint64_t capacity, bool is_elsewhere = false) {
  constexpr std::uint64_t kElements = 256;
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId pointer = heap.pointer_type("*main.job");
  const TypeId jobs = heap.type("[]*main.job", TypeKind::kSlice, 24, pointer);
  const auto queue = heap.object(24, heap.structure("main.queue", 24, {{"jobs", jobs, 0}}));
  const auto array = heap.object(8 * kElements, pointer);
  heap.refer(heap.root(RootKind::kGlobal, "main.pending"), queue).edge(queue, 0, array);
  const RootId elsewhere = heap.root(RootKind::kGlobal, "main.elsewhere");
  for (std::uint64_t i = 0; i < kElements; ++i) {
    const auto job = heap.leaf(16 << 10);
    heap.edge(array, 8 * i, job);
    if (is_elsewhere) heap.refer(elsewhere, job);
  }
  const ObjectId from = heap.id(queue), into = heap.id(array);
  heap::Snapshot s = heap.build();
  s.large_headers = {{from, {}, into, jobs, 0, 8 * begin, 8 * length, 8 * capacity}};
  return s;
}

TEST(BeyondLength, IsPossibleIfTheSliceCouldBeGrownThere) {
  const view::Report report = report_of(queue(0, 16, 256));
  const Finding* const finding = find(report, "beyond-length");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
  EXPECT_EQ(finding->count, 240U);
  EXPECT_EQ(finding->bytes, 240ULL * (16 << 10));
}

TEST(BeyondLength, IsProvenIfNoSliceCanGetThere) {
  const view::Report report = report_of(queue(240, 16, 16));
  const Finding* const finding = find(report, "beyond-length");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kProven);
}

TEST(BeyondLength, IsNoneIfTheElementsAreInUse) {
  EXPECT_EQ(find(report_of(queue(0, 200, 256)), "beyond-length"), nullptr);
}

TEST(BeyondLength, IsNoneIfOthersHaveTheObjects) {
  EXPECT_EQ(find(report_of(queue(0, 16, 256, true)), "beyond-length"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
