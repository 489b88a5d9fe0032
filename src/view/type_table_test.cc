#include "view/type_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "graph/random_graph_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::KnownBy;
using heap::RootKind;
using heap::TypeKind;
using heap::testing::HeapBuilder;

const TypeTotals* find(const std::vector<TypeTotals>& rows, std::string_view type) {
  const auto it = std::find_if(rows.begin(), rows.end(), [&](const TypeTotals& row) { return row.type == type; });
  return it == rows.end() ? nullptr : &*it;
}

std::vector<TypeTotals> rows_of(const heap::Snapshot& snapshot) {
  const auto dominators = graph::dominators(snapshot);
  return type_totals(snapshot, graph::DominatorTree(dominators));
}

TEST(TypeTable, AListRetainsItselfOnce) {
  HeapBuilder heap;
  const TypeId node = heap.structure("main.node", 32, {});
  const auto a = heap.object(32, node), b = heap.object(32, node), c = heap.object(32, node);
  const auto text = heap.leaf(64);
  heap.edge(a, 0, b).edge(b, 0, c).edge(c, 8, text);
  heap.refer(heap.root(RootKind::kGlobal, "main.list"), a);
  const auto rows = rows_of(heap.build());
  const TypeTotals* row = find(rows, "main.node");
  ASSERT_NE(row, nullptr);
  EXPECT_EQ(row->count, 3U);
  EXPECT_EQ(row->bytes, 96U);
  EXPECT_EQ(row->retained_bytes, 160U);
}

TEST(TypeTable, AMapIsOneRowWithAllItsParts) {
  HeapBuilder heap;
  const TypeId map = heap.type("map[string]int", TypeKind::kMap, 8);
  const auto header = heap.object(48, heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  const auto group = heap.object(208, heap.type_of_role(heap::TypeRole::kMapGroup, 208, map));
  const auto text = heap.leaf(64);
  heap.edge(header, 0, group).edge(group, 8, text);
  heap.refer(heap.root(RootKind::kGlobal, "main.ages"), header);
  const auto rows = rows_of(heap.build());
  ASSERT_EQ(rows.size(), 2U) << "the map and the text";
  const TypeTotals* row = find(rows, "map[string]int");
  ASSERT_NE(row, nullptr);
  EXPECT_TRUE(row->is_map);
  EXPECT_EQ(row->count, 2U);
  EXPECT_EQ(row->bytes, 48U + 208);
  EXPECT_EQ(row->retained_bytes, 48U + 208 + 64);
}

TEST(TypeTable, NeighboursThatHoldOthersOfTheTypeAddUp) {
  HeapBuilder heap;
  const TypeId node = heap.structure("main.node", 32, {}), box = heap.structure("main.box", 48, {});
  const auto a = heap.object(32, node), b = heap.object(32, node), inner = heap.object(32, node);
  const auto between = heap.object(48, box);
  heap.edge(a, 0, between).edge(between, 0, inner);
  const RootId root = heap.root(RootKind::kGlobal, "main.two");
  heap.refer(root, a).refer(root, b);
  const auto rows = rows_of(heap.build());
  EXPECT_EQ(find(rows, "main.node")->retained_bytes, 32U + 48 + 32 + 32);
  EXPECT_EQ(find(rows, "main.box")->retained_bytes, 48U + 32);
}

TEST(TypeTable, ObjectsOfUnknownTypeAreRowsBySlotAndGarbageIsNone) {
  HeapBuilder heap;
  const auto held = heap.object(48), lost = heap.object(48), text = heap.leaf(48);
  heap.edge(held, 0, text).edge(lost, 0, text);
  heap.refer(heap.root(RootKind::kGlobal, "main.held"), held);
  const auto rows = rows_of(heap.build());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].type, "unknown, 48 B, pointers");
  EXPECT_EQ(rows[0].count, 1U);
  EXPECT_EQ(rows[0].known_by, KnownBy::kUnknown);
  EXPECT_EQ(rows[1].type, "unknown, 48 B, no pointers");
}

TEST(TypeTable, SaysHowMostObjectsOfATypeAreKnown) {
  HeapBuilder heap;
  const TypeId type = heap.structure("main.T", 16, {});
  const RootId root = heap.root(RootKind::kGlobal, "main.all");
  heap.refer(root, heap.object(16, type, KnownBy::kHeader));
  heap.refer(root, heap.object(16, type, KnownBy::kPropagated));
  heap.refer(root, heap.object(16, type, KnownBy::kPropagated));
  EXPECT_EQ(rows_of(heap.build())[0].known_by, KnownBy::kPropagated);
}

TEST(TypeTable, WhatIsOnlyKnownInPartIsARowOfItsOwn) {
  HeapBuilder heap;
  const TypeId head = heap.structure("main.Head", 16, {});
  const RootId root = heap.root(RootKind::kGlobal, "main.all");
  heap.refer(root, heap.object(48, head, KnownBy::kPart));
  heap.refer(root, heap.object(16, head, KnownBy::kHeader));
  const auto rows = rows_of(heap.build());
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].type, "main.Head");
  EXPECT_EQ(rows[0].count, 1U);
  EXPECT_EQ(rows[1].type, "main.Head…");
  EXPECT_EQ(rows[1].bytes, 48U);
  EXPECT_EQ(rows[1].known_bytes, 16U);
  EXPECT_EQ(rows[1].known_by, KnownBy::kPart);
}

// Follows the definition: walks up the dominators of each object of a type; the object counts unless another one of its
// type is met.
std::map<std::string, std::uint64_t> naive(const heap::Snapshot& snapshot, const graph::Dominators& dominators) {
  std::map<std::string, std::uint64_t> retained;
  for (std::uint32_t i = 0; i < snapshot.objects; ++i) {
    const heap::ObjectType type = snapshot.object_type[i];
    if (!dominators.reachable(ObjectId(i)) || !type) continue;
    bool inside = false;
    for (graph::NodeId up = dominators.idom(ObjectId(i)); up && !inside; up = dominators.idom(up))
      inside = up.object() && snapshot.object_type[up.object().row] == type;
    const std::string name(snapshot.strings[snapshot.types[type.type().row].name]);
    retained[name] += inside ? 0 : dominators.retained_bytes(ObjectId(i));
  }
  return retained;
}

TEST(TypeTable, EqualsTheDefinitionOnRandomHeaps) {
  for (std::uint32_t seed = 1; seed <= 40; ++seed) {
    heap::Snapshot snapshot = graph::random_snapshot(seed);
    for (const char* name : {"A", "B", "C"}) {
      heap::Type type;
      type.name = snapshot.strings.add(name);
      snapshot.types.push_back(type);
    }
    std::mt19937 random(seed);
    snapshot.object_type = HugeArray<heap::ObjectType>(snapshot.objects);
    for (std::uint32_t i = 0; i < snapshot.objects; ++i)
      if (const std::uint32_t t = static_cast<std::uint32_t>(random()) % 4; t < 3)
        snapshot.object_type[i] = heap::ObjectType(TypeId(t), KnownBy::kHeader);
    const auto dominators = graph::dominators(snapshot);
    std::map<std::string, std::uint64_t> ours;
    for (const TypeTotals& row : type_totals(snapshot, graph::DominatorTree(dominators)))
      if (row.known_by != KnownBy::kUnknown) ours[row.type] = row.retained_bytes;
    EXPECT_EQ(ours, naive(snapshot, dominators)) << "seed " << seed;
  }
}

}  // namespace
}  // namespace holdfast::view
