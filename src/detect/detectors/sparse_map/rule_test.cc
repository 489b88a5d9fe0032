#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::MapRemovals;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Confidence;
using view::Finding;

// main.index has tables of 2 MiB for 102,400 entries.
view::Report report_with(std::uint64_t entries, MapRemovals removals, bool is_held = true) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId number = heap.type("int", TypeKind::kInt, 8);
  const TypeId map = heap.type("map[int]int", TypeKind::kMap, 8, number, 0, number);
  heap.snapshot().types[map.row].removals = removals;
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const auto table = heap.leaf(2 << 20);
  heap.edge(header, 16, table);
  if (is_held) heap.refer(heap.root(RootKind::kGlobal, "main.index"), header);
  const ObjectId id = heap.id(header);
  heap::Snapshot s = heap.build();
  s.map_fills = {{id, entries, 102'400, 2 << 20}};
  return report_of(s);
}

TEST(SparseMap, IsStronglySuspectedWhereEntriesAreDeleted) {
  const view::Report report = report_with(4'000, MapRemovals::kSomewhere);
  const Finding* const finding = find(report, "sparse-map");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kStrong);
  EXPECT_THAT(finding->title.full, HasSubstr("main.index has 4,000 entries and room for 102,400"));
  EXPECT_EQ(finding->bytes, (2ULL << 20) * 98'400 / 102'400);
}

TEST(SparseMap, IsPossibleWhereNobodyIsKnownToDelete) {
  for (const MapRemovals removals : {MapRemovals::kUnknown, MapRemovals::kNever}) {
    const view::Report report = report_with(4'000, removals);
    const Finding* const finding = find(report, "sparse-map");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, Confidence::kPossible);
  }
}

TEST(SparseMap, LeavesMapsAloneThatAreInUseOrGone) {
  EXPECT_EQ(find(report_with(40'000, MapRemovals::kSomewhere), "sparse-map"), nullptr);
  EXPECT_EQ(find(report_with(4'000, MapRemovals::kSomewhere, false), "sparse-map"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
