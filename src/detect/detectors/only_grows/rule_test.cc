#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;

struct Gathering {
  unsigned things = 2000, recent = 100;
  std::uint64_t allocated = 40 << 20;  // in all its life; of it 200 KiB since the last collection
  std::uint64_t collections = 8;
  RootKind root = RootKind::kGlobal;
};

// Visits of 2 KiB in an array. At the pace of those that are recent, allocated / 2 KiB came in all.
view::Report report_of_gathering(const Gathering& which) {
  HeapBuilder heap;
  const TypeId visit = heap.type("main.visit", TypeKind::kStruct, 2048);
  const auto array = heap.object(std::uint64_t{8} * which.things, heap.pointer_type("*main.visit", visit));
  heap.mark(array);
  for (unsigned i = 0; i < which.things; ++i) {
    const auto thing = heap.leaf(2048, visit);
    heap.edge(array, std::uint64_t{8} * i, thing);
    if (i < which.recent)
      heap.mark_fresh(thing);
    else
      heap.mark(thing);
  }
  heap.refer(heap.root(which.root, "main.visits"), array);
  heap::Snapshot s = heap.build();
  s.audit.gc_cycles = which.collections;
  s.mem_stats = {{"TotalAlloc", which.allocated}};
  return report_of(s);
}

TEST(OnlyGrows, IsPossibleIfAllThatCameAtThisPaceIsStillThere) {
  const view::Report report = report_of_gathering({.allocated = 4 << 20});
  const view::Finding* const finding = find(report, "only-grows");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 2000U);
  EXPECT_GE(finding->bytes, 2000U * 2048);
  EXPECT_THAT(finding->title.full, HasSubstr("2,000 × main.visit"));
  EXPECT_THAT(finding->because.full, HasSubstr("100 of them came since the last of 8 collections"));
}

TEST(OnlyGrows, IsNoneIfThingsLeaveOrNothingComesOrItIsYoung) {
  for (const Gathering& which :
       {Gathering{.allocated = 40 << 20}, Gathering{.recent = 0, .allocated = 4 << 20},
        Gathering{.recent = 5, .allocated = 4 << 20}, Gathering{.allocated = 4 << 20, .collections = 2},
        Gathering{.things = 900, .allocated = 2 << 20}, Gathering{.recent = 1900, .allocated = 200 << 20},
        Gathering{.allocated = 4 << 20, .root = RootKind::kFinalizer}})
    EXPECT_EQ(find(report_of_gathering(which), "only-grows"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
