#include "graph/sharing.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "graph/first_owner.h"
#include "graph/random_graph_for_tests.h"
#include "graph/snapshot_builder_for_tests.h"

namespace holdfast::graph {
namespace {

using testing::ElementsAre;

// One owner per root of the first level.
Ownership by_root(const heap::Snapshot& snapshot) {
  Ownership out;
  for (const heap::Root& root : snapshot.roots) {
    if (root.parent) {
      out.of_root.push_back(out.of_root[root.parent.row]);
      continue;
    }
    out.of_root.push_back(static_cast<Owner>(out.kind_of.size()));
    out.kind_of.push_back(out.of_root.back() % 2);
  }
  return out;
}

std::vector<std::uint32_t> owners_of(const Sharing& sharing, std::uint32_t object) {
  return sharing.sets()[sharing.set_of(ObjectId(object))].members;
}

// Which owners reach each object, found one owner at a time. What has a fixed owner is entered from that one only.
std::vector<std::set<Owner>> found_one_by_one(const heap::Snapshot& snapshot, const Ownership& ownership,
                                              const std::set<std::uint32_t>& fixed,
                                              const std::set<std::uint32_t>& without_edges = {}) {
  std::vector<std::set<Owner>> owners(snapshot.objects);
  for (Owner owner = 0; owner < ownership.kind_of.size(); ++owner) {
    std::vector<std::uint32_t> open;
    const auto enter = [&](std::uint32_t object, bool from_fixed = false) {
      if (fixed.contains(object) && !from_fixed) return;
      if (owners[object].insert(owner).second) open.push_back(object);
    };
    for (std::size_t r = 0; r < snapshot.roots.size(); ++r) {
      const heap::Root& root = snapshot.roots[r];
      if (ownership.of_root[r] != owner) continue;
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        enter(snapshot.root_targets[t].object.row);
    }
    for (const auto& [object, its] : ownership.fixed)
      if (its == owner && fixed.contains(object.row)) enter(object.row, true);
    while (!open.empty()) {
      const std::uint32_t object = open.back();
      open.pop_back();
      if (object >= snapshot.pointerful) continue;
      for (const std::uint32_t e : snapshot.edges.of(object))
        if (!without_edges.contains(e)) enter(snapshot.edges.target[e]);
    }
  }
  return owners;
}

WeakEdges each_seventh_edge_of(const heap::Snapshot& snapshot) {
  return [&snapshot](ObjectId source, std::vector<bool>& weak) {
    const std::uint32_t begin = snapshot.edges.row_begin[source.row];
    weak.clear();
    for (std::uint32_t e = begin; e < snapshot.edges.row_begin[source.row + 1]; ++e) weak.push_back(e % 7 == 0);
    return source.row % 5 != 0 && std::ranges::count(weak, true) > 0;
  };
}

// The weak edges to shared objects that others reach: these count for nothing.
std::set<std::uint32_t> weak_for_nothing(const heap::Snapshot& snapshot, const Ownership& ownership,
                                         const std::set<std::uint32_t>& fixed, const Dominators& tree) {
  std::set<std::uint32_t> weak;
  for (std::uint32_t object = 0; object < snapshot.pointerful; ++object)
    for (const std::uint32_t e : snapshot.edges.of(object))
      if (e % 7 == 0 && object % 5 != 0 && tree.idom(ObjectId(snapshot.edges.target[e])) == NodeId::super_root())
        weak.insert(e);
  const auto owners = found_one_by_one(snapshot, ownership, fixed, weak);
  std::erase_if(weak, [&](std::uint32_t e) { return owners[snapshot.edges.target[e]].empty(); });
  return weak;
}

TEST(Sharing, AWeakEdgeGivesNoPartInWhatOthersReach) {
  SnapshotBuilder graph(4, 0);
  const RootId a = graph.root(), b = graph.root();
  // 1 is 0's parent; 3 is 2's, and nobody else knows it.
  graph.refer(a, 1).refer(b, 0).edge(1, 0).edge(0, 1).refer(a, 2).refer(b, 2).edge(2, 3);
  const heap::Snapshot snapshot = graph.build();
  Ownership ownership = by_root(snapshot);
  ownership.weak = [](ObjectId source, std::vector<bool>& weak) {
    weak.assign(1, true);
    return source.row == 0 || source.row == 2;
  };
  const Sharing sharing(snapshot, dominators(snapshot), ownership);
  EXPECT_THAT(owners_of(sharing, 1), ElementsAre(a.row)) << "b knows only its child";
  EXPECT_THAT(owners_of(sharing, 0), ElementsAre(a.row, b.row));
  ASSERT_EQ(sharing.weak().size(), 1U);
  EXPECT_EQ(sharing.weak()[0].from, ObjectId(0));
  EXPECT_EQ(sharing.weak()[0].to, ObjectId(1));
  EXPECT_THAT(sharing.sets()[sharing.weak()[0].set].members, ElementsAre(a.row, b.row));
  EXPECT_FALSE(sharing.is_shared(ObjectId(3)));
}

TEST(Sharing, WhatOnlyWeakEdgesReachBelongsToThoseWhoReachIt) {
  SnapshotBuilder graph(3, 0);
  const RootId a = graph.root(), b = graph.root();
  graph.refer(a, 0).refer(b, 1).edge(0, 2).edge(1, 2);
  const heap::Snapshot snapshot = graph.build();
  Ownership ownership = by_root(snapshot);
  ownership.weak = [](ObjectId, std::vector<bool>& weak) { return weak.assign(1, true), true; };
  const Sharing sharing(snapshot, dominators(snapshot), ownership);
  EXPECT_THAT(owners_of(sharing, 2), ElementsAre(a.row, b.row));
  EXPECT_TRUE(sharing.weak().empty());
}

TEST(Sharing, NamesAllOwnersOfWhatTheyShare) {
  SnapshotBuilder graph(3, 1);
  const RootId a = graph.root(), b = graph.root(), c = graph.root();
  graph.refer(a, 0).refer(b, 0).refer(b, 1).refer(c, 2).edge(0, 2).edge(1, 3).edge(2, 3);
  const heap::Snapshot snapshot = graph.build();
  const Sharing sharing(snapshot, dominators(snapshot), by_root(snapshot));
  EXPECT_EQ(sharing.count(), 3U);
  EXPECT_FALSE(sharing.is_shared(ObjectId(1))) << "only b has it";
  EXPECT_THAT(owners_of(sharing, 0), ElementsAre(a.row, b.row));
  EXPECT_THAT(owners_of(sharing, 2), ElementsAre(a.row, b.row, c.row));
  EXPECT_THAT(owners_of(sharing, 3), ElementsAre(a.row, b.row, c.row));
}

TEST(Sharing, PutsRootsOfOneOwnerTogether) {
  SnapshotBuilder graph(1, 0);
  const RootId a = graph.root(), b = graph.root();
  graph.refer(a, 0).refer(b, 0);
  const heap::Snapshot snapshot = graph.build();
  const Sharing sharing(snapshot, dominators(snapshot), {.of_root = {0, 0}, .kind_of = {0}, .fixed = {}});
  EXPECT_THAT(owners_of(sharing, 0), ElementsAre(0U));
}

TEST(Sharing, AFixedOwnerCountsAlone) {
  SnapshotBuilder graph(2, 0);
  const RootId a = graph.root(), b = graph.root();
  graph.refer(a, 0).refer(b, 0).refer(a, 1).edge(0, 1);
  const heap::Snapshot snapshot = graph.build();
  Ownership ownership = by_root(snapshot);
  ownership.kind_of.push_back(0);
  ownership.fixed = {{ObjectId(0), 2}};
  const Sharing sharing(snapshot, dominators(snapshot), ownership);
  EXPECT_THAT(owners_of(sharing, 0), ElementsAre(2U));
  EXPECT_THAT(owners_of(sharing, 1), ElementsAre(a.row, 2U));
}

TEST(Sharing, TooManyOwnersBecomeTheirKinds) {
  for (const std::uint32_t owners : {Sharing::kMostOwners, Sharing::kMostOwners + 1}) {
    SnapshotBuilder graph(1, 0);
    for (std::uint32_t i = 0; i < owners; ++i) graph.refer(graph.root(), 0);
    const heap::Snapshot snapshot = graph.build();
    const Sharing sharing(snapshot, dominators(snapshot), by_root(snapshot));
    const Sharing::Set& set = sharing.sets()[sharing.set_of(ObjectId(0))];
    EXPECT_EQ(set.of_kinds, owners > Sharing::kMostOwners);
    EXPECT_EQ(set.members.size(), set.of_kinds ? 2 : owners);
  }
}

bool refers(const heap::Snapshot& snapshot, NodeId from, NodeId to) {
  if (from.root() && to.root()) return snapshot.roots[to.root().row].parent == from.root();
  if (from.root()) {
    const heap::Root& root = snapshot.roots[from.root().row];
    const auto targets = std::span(snapshot.root_targets).subspan(root.first_target, root.target_count);
    return std::ranges::count(targets, to.object(), &heap::RootTarget::object) > 0;
  }
  const auto edges = snapshot.edges.of(from.object().row);
  return std::ranges::any_of(edges, [&](std::uint32_t e) { return snapshot.edges.target[e] == to.object().row; });
}

// The way leads from the owner to the object, over all that dominates it.
void expect_way(const heap::Snapshot& snapshot, const Dominators& tree, const Ownership& ownership,
                const FirstOwner& first, ObjectId object) {
  const std::vector<NodeId>& way = first.way;
  const auto starts_there = [&](const auto& fixed) { return fixed.second == first.owner; };
  if (way.empty()) {
    EXPECT_TRUE(std::ranges::any_of(ownership.fixed, starts_there)) << object.row;
    return;
  }
  EXPECT_EQ(ownership.of_root[way.front().root().row], first.owner);
  EXPECT_EQ(way.back(), NodeId(object));
  for (std::size_t i = 1; i < way.size(); ++i) EXPECT_TRUE(refers(snapshot, way[i - 1], way[i])) << object.row;
  for (NodeId above = tree.idom(object); above != NodeId::super_root(); above = tree.idom(above))
    EXPECT_EQ(std::ranges::count(way, above), 1) << object.row;
}

// In a random order.
void expect_first_owner(const heap::Snapshot& snapshot, const Dominators& tree, const Ownership& ownership,
                        ObjectId object, const std::set<Owner>& members, std::uint64_t seed) {
  std::vector<Owner> order(ownership.kind_of.size());
  std::iota(order.begin(), order.end(), 0U);
  std::shuffle(order.begin(), order.end(), std::mt19937_64(seed));
  const Owner expected = *std::ranges::find_if(order, [&](Owner owner) { return members.contains(owner); });
  const FirstOwner first = first_owner(snapshot, tree, ownership, order, object);
  EXPECT_EQ(first.owner, expected) << seed << " " << object.row;
  expect_way(snapshot, tree, ownership, first, object);
}

TEST(Sharing, IsWhatASearchFromEachOwnerFinds) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const heap::Snapshot snapshot = random_snapshot(seed);
    const Dominators tree = dominators(snapshot);
    Ownership ownership = by_root(snapshot);
    std::set<std::uint32_t> fixed;
    ownership.kind_of.push_back(0);
    for (std::uint32_t object = 0; object < snapshot.objects; object += 7) {
      ownership.fixed.emplace_back(ObjectId(object), static_cast<Owner>(ownership.kind_of.size() - 1));
      if (tree.idom(ObjectId(object)) == NodeId::super_root()) fixed.insert(object);
    }
    if (seed % 2 == 0) ownership.fixed.clear(), fixed.clear();
    std::set<std::uint32_t> without;
    if (seed % 3 == 0) {
      without = weak_for_nothing(snapshot, ownership, fixed, tree);
      ownership.weak = each_seventh_edge_of(snapshot);
    }
    const Sharing sharing(snapshot, tree, ownership);
    const auto expected = found_one_by_one(snapshot, ownership, fixed, without);
    for (std::uint32_t object = 0; object < snapshot.objects; ++object) {
      EXPECT_EQ(sharing.is_shared(ObjectId(object)), tree.idom(ObjectId(object)) == NodeId::super_root());
      if (const RootId root = tree.top(ObjectId(object)).root()) {
        const Owner only = ownership.of_root[root.row];
        const FirstOwner first = first_owner(snapshot, tree, ownership, {&only, 1}, ObjectId(object));
        EXPECT_EQ(first.owner, only);
        expect_way(snapshot, tree, ownership, first, ObjectId(object));
      }
      if (!sharing.is_shared(ObjectId(object))) continue;
      const auto& members = sharing.sets()[sharing.set_of(ObjectId(object))].members;
      EXPECT_EQ(std::set<Owner>(members.begin(), members.end()), expected[object]) << seed << " " << object;
      expect_first_owner(snapshot, tree, ownership, ObjectId(object), expected[object], seed);
    }
  }
}

}  // namespace
}  // namespace holdfast::graph
