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
using view::Finding;

struct Case {
  MapRemovals removals = MapRemovals::kNever;
  bool has_new = true;            // an entry came after the last collection
  std::uint64_t bytes = 8 << 20;  // of what the entries hold; 12 MiB are others'
  bool is_in_variable = true;
  std::uint64_t goid = 400;  // of the goroutine that has it instead; the youngest is 900
  heap::DeleteTraces deletes = heap::DeleteTraces::kUnknown;
  std::uint64_t replaced = 0;  // keys that were stored anew since then
  std::uint64_t entries = 30'000;
};

view::Report report_with(const Case& which) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId pointer = heap.pointer_type("*main.answer");
  const TypeId map =
      heap.type("map[int]*main.answer", TypeKind::kMap, 8, pointer, 0, heap.type("int", TypeKind::kInt, 8));
  heap.snapshot().types[map.row].removals = which.removals;
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const auto groups = heap.object(1 << 20, heap.type_of_role(heap::TypeRole::kMapGroup, 72, map));
  const auto old = heap.leaf(which.bytes), added = heap.leaf(64);
  heap.edge(header, 16, groups).edge(groups, 8, old).edge(groups, 16, added);
  heap.mark(header).mark(groups).mark(old);
  if (which.has_new)
    heap.mark_fresh(added);
  else
    heap.mark(added);
  for (std::uint64_t i = 0; i < which.replaced; ++i) {
    const auto key = heap.leaf(1024);
    heap.edge(groups, 24 + 8 * i, key).mark_fresh(key);
  }
  const RootId root =
      which.is_in_variable ? heap.root(RootKind::kGlobal, "main.answers") : heap.root(RootKind::kGoroutine, "");
  heap.refer(root, header);
  heap.goroutine(900, heap::GoroutineState::kWaiting, WaitReason::kIoWait, heap.root(RootKind::kGoroutine, ""),
                 {"main.read"});
  if (!which.is_in_variable)
    heap.goroutine(which.goid, heap::GoroutineState::kWaiting, WaitReason::kIoWait, root, {"main.serve"});
  const ObjectId id = heap.id(header);
  heap::Snapshot s = heap.build();
  s.map_fills = {{id, which.entries, which.entries + 2768, 1 << 20, which.deletes}};
  s.mem_stats = {{"TotalAlloc", 1 << 30}};
  s.audit.gc_cycles = 20;
  return report_of(s);
}

TEST(GrowingMap, IsPossiblyUnboundedIfNothingLeavesAndSomethingCame) {
  const view::Report report = report_with({});
  const Finding* const finding = find(report, "growing-map");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
  EXPECT_EQ(finding->count, 30'000U);
  EXPECT_GT(finding->bytes, 8U << 20);
}

TEST(GrowingMap, SaysSoWhereItsTablesShowThatNothingWasDeleted) {
  for (const MapRemovals removals : {MapRemovals::kSomewhere, MapRemovals::kUnknown}) {
    const view::Report report = report_with({.removals = removals, .deletes = heap::DeleteTraces::kNone});
    const Finding* const finding = find(report, "growing-map");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, view::Confidence::kPossible);
    EXPECT_THAT(finding->title.full, ::testing::HasSubstr("its tables show that none was deleted"));
    EXPECT_EQ(find(report_with({.removals = removals, .deletes = heap::DeleteTraces::kSome}), "growing-map"), nullptr);
  }
}

// A table of what was seen last of each: 300 keys, 200 of which were stored anew since one of many collections.
TEST(GrowingMap, IsNoneWhereKeysAreStoredAnew) {
  EXPECT_EQ(find(report_with({.replaced = 200, .entries = 300}), "growing-map"), nullptr);
  EXPECT_NE(find(report_with({.replaced = 200, .entries = 300'000}), "growing-map"), nullptr);
}

TEST(GrowingMap, IsOneOfAGoroutineThatHasBeenThereFromTheBeginning) {
  EXPECT_NE(find(report_with({.is_in_variable = false, .goid = 22}), "growing-map"), nullptr);
  EXPECT_EQ(find(report_with({.is_in_variable = false, .goid = 200}), "growing-map"), nullptr);
}

TEST(GrowingMap, IsNoneIfEntriesGoOrNothingComesOrItIsSmallOrEndsWithAGoroutine) {
  for (const Case& which : {Case{.removals = MapRemovals::kSomewhere}, Case{.removals = MapRemovals::kUnknown},
                            Case{.has_new = false}, Case{.bytes = 1 << 10}, Case{.is_in_variable = false}})
    EXPECT_EQ(find(report_with(which), "growing-map"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
