#include "view/cycle_table.h"

#include <gmock/gmock.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;

Cell cell_of(const Table& table, std::uint32_t row, std::string_view column) {
  for (std::size_t c = 0; c < table.shape.columns.size(); ++c)
    if (table.shape.columns[c].name == column) return table.cell(row, c);
  return {};
}

// Two rings of files: one that a variable holds as well, and one that only its own finalizer holds.
TEST(CycleTable, TellsRingsThatOnlyTheirFinalizersKeep) {
  HeapBuilder heap;
  const TypeId file = heap.structure("main.File", 64, {{"peer", {}, 0}});
  const auto a = heap.object(64, file), b = heap.object(64, file), c = heap.object(64, file), d = heap.object(64, file);
  heap.edge(a, 0, b).edge(b, 0, a).edge(c, 0, d).edge(d, 0, c);
  heap.refer(heap.root(RootKind::kGlobal, "main.open"), a);
  const RootId of_a = heap.root(RootKind::kFinalizer, "main.close"),
               of_c = heap.root(RootKind::kFinalizer, "main.close");
  heap.refer(of_a, b).refer(of_c, d);
  heap::Snapshot snapshot = heap.build();
  snapshot.roots[of_a.row].about = heap.id(a);
  snapshot.roots[of_c.row].about = heap.id(c);
  const Table table = cycle_table(snapshot, graph::dominators(snapshot), graph::reach(snapshot));
  ASSERT_EQ(table.rows, 2U);
  for (std::uint32_t row = 0; row < 2; ++row) {
    EXPECT_EQ(cell_of(table, row, "types"), Cell("main.File"));
    EXPECT_EQ(cell_of(table, row, "objects"), Cell(std::uint64_t{2}));
    EXPECT_EQ(cell_of(table, row, "finalizers"), Cell(std::uint64_t{1}));
  }
  EXPECT_EQ(cell_of(table, 0, "only_by_finalizers"), flag_cell(false)) << "main.open";
  EXPECT_EQ(cell_of(table, 1, "only_by_finalizers"), flag_cell(true));
}

}  // namespace
}  // namespace holdfast::view
