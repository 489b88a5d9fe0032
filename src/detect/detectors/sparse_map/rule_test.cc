#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using view::Finding;
using view::Report;

heap::Snapshot map_with(bool swiss, int tables, std::uint64_t per_table) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId item = heap.structure("main.Item", 16, {{"next", {}, 0}});
  const TypeId pointer = heap.pointer_type("*main.Item", item);
  const TypeId number = heap.type("int", TypeKind::kInt, 8);
  const TypeId slot = heap.structure("slot", 16, {{"key", number, 0}, {"elem", pointer, 8}});
  const TypeId slots = heap.type("[8]slot", TypeKind::kArray, 128, slot, 8);
  const TypeId keys = heap.type("[8]int", TypeKind::kArray, 64, number, 8);
  const TypeId elems = heap.type("[8]*main.Item", TypeKind::kArray, 64, pointer, 8);
  const TypeId group = swiss ? heap.structure("map.group[int]*main.Item", 136, {{"ctrl", {}, 0}, {"slots", slots, 8}})
                             : heap.structure("map.bucket[int]*main.Item", 136,
                                              {{"topbits", {}, 0}, {"keys", keys, 8}, {"elems", elems, 72}});
  heap.snapshot().types[group.row].role = swiss ? heap::TypeRole::kMapGroup : heap::TypeRole::kMapBucket;
  const TypeId map = heap.type("map[int]*main.Item", TypeKind::kMap, 8, pointer, 0, number);
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const auto directory = heap.object(1024);
  heap.refer(heap.root(RootKind::kGlobal, "main.index"), header).edge(header, 0, directory);
  const auto one = heap.object(16, item);
  for (int t = 0; t < tables; ++t) {
    const auto table = heap.object(128 * 136ULL, group);
    heap.edge(header, 8 * static_cast<std::uint64_t>(t % 5), table);
    for (std::uint64_t i = 0; i < per_table; ++i)
      heap.edge(table, i / 8 * 136 + (swiss ? 16 + i % 8 * 16 : 72 + i % 8 * 8), one);
  }
  return heap.build();
}

class SparseMap : public ::testing::TestWithParam<bool> {};

TEST_P(SparseMap, NamesMapsThatKeepRoomForManyMoreEntriesThanTheyHave) {
  const Report report = report_of(map_with(GetParam(), 100, 40));
  const Finding* finding = find(report, "sparse-map");
  ASSERT_NE(finding, nullptr);
  EXPECT_THAT(finding->title.full, HasSubstr("has room for 102,400 entries; anything on the heap is in 4,000 of them"));
  EXPECT_THAT(finding->title.full, HasSubstr("main.index"));
  EXPECT_EQ(finding->count, 1U);
}

TEST_P(SparseMap, LeavesMapsAloneThatAreInUse) {
  EXPECT_EQ(find(report_of(map_with(GetParam(), 100, 400)), "sparse-map"), nullptr);
}

INSTANTIATE_TEST_SUITE_P(BothKinds, SparseMap, ::testing::Bool(),
                         [](const auto& kind) { return kind.param ? "swiss" : "buckets"; });

}  // namespace
}  // namespace holdfast::detect
