#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::testing::HeapBuilder;
using view::Confidence;
using view::Finding;
using view::Report;

// Of an array of 524,288 pointers, of which the first `used` are set.
Report report_of_array(std::uint64_t used) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId item = heap.structure("main.Item", 16, {{"next", {}, 0}});
  const auto array = heap.object(4 << 20, heap.pointer_type("*main.Item", item));
  heap.refer(heap.root(RootKind::kGlobal, "main.items"), array);
  const auto one = heap.object(16, item);
  for (std::uint64_t i = 0; i < used; ++i) heap.edge(array, i * 8, one);
  return report_of(heap.build());
}

TEST(SparseArray, NamesArraysOfPointersThatAreMostlyEmpty) {
  const Report report = report_of_array(100);
  const Finding* finding = find(report, "sparse-array");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->title.full,
            "524,188 of 524,288 elements of a []*main.Item in main.items refer to nothing on the heap");
  EXPECT_EQ(finding->bytes, (4U << 20) - 800);
  EXPECT_EQ(finding->confidence, Confidence::kPossible);
}

TEST(SparseArray, LeavesArraysAloneThatAreInUse) {
  EXPECT_EQ(find(report_of_array(200'000), "sparse-array"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
