#include "graph/independent_ways.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <set>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::graph {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::uint32_t> each_root_alone(const heap::Snapshot& snapshot) {
  std::vector<std::uint32_t> groups(snapshot.roots.size());
  std::iota(groups.begin(), groups.end(), 0U);
  return groups;
}

// What of the graph is needed to search backwards.
struct Parts {
  explicit Parts(const heap::Snapshot& of) : snapshot(of), referrers(of), reached(reach(of)) {}
  Backwards backwards() const { return {snapshot, referrers, reached}; }

  const heap::Snapshot& snapshot;
  Referrers referrers;
  Reachability reached;
};

TEST(IndependentWays, HaveNoObjectInCommonButTheLast) {
  HeapBuilder heap;
  const auto a = heap.object(32), b = heap.object(32), both = heap.object(32), end = heap.leaf(16);
  const RootId first = heap.root(RootKind::kGlobal, "main.a"), second = heap.root(RootKind::kGlobal, "main.b");
  heap.refer(first, a).refer(second, b);
  heap.edge(a, 0, end).edge(b, 0, both).edge(both, 0, end).edge(a, 8, both);
  const heap::Snapshot snapshot = heap.build();
  const Parts parts(snapshot);
  const IndependentWays found = independent_ways(parts.backwards(), each_root_alone(snapshot), heap.id(end));
  EXPECT_TRUE(found.is_complete);
  EXPECT_THAT(found.ways, ElementsAre(ElementsAre(first, heap.id(a), heap.id(end)),
                                      ElementsAre(second, heap.id(b), heap.id(both), heap.id(end))));
  const IndependentWays as_one = independent_ways(parts.backwards(), std::vector<std::uint32_t>(2), heap.id(end));
  EXPECT_EQ(as_one.ways.size(), 1U) << "two roots of one holder are one way";
}

TEST(IndependentWays, SayWhenALimitEndedTheSearch) {
  HeapBuilder heap;
  const auto end = heap.leaf(16);
  for (int i = 0; i < 5; ++i) heap.refer(heap.root(RootKind::kGlobal, "main.v"), end);
  const heap::Snapshot snapshot = heap.build();
  const Parts parts(snapshot);
  const auto found = independent_ways(parts.backwards(), each_root_alone(snapshot), heap.id(end), {.most = 3});
  EXPECT_EQ(found.ways.size(), 3U);
  EXPECT_FALSE(found.is_complete);
  const SmallestCut cut = smallest_cut(parts.backwards(), heap.id(end), {.most = 3});
  EXPECT_FALSE(cut.is_complete);
  EXPECT_EQ(cut.pointers, 4U) << "at least";
  EXPECT_THAT(cut.references, IsEmpty());
  EXPECT_FALSE(smallest_cut(parts.backwards(), heap.id(end), {.most_visits = 1}).is_complete);
}

TEST(SmallestCut, IsNearTheObjectAndCountsPointers) {
  HeapBuilder heap;
  const auto top = heap.object(32), list = heap.object(32), end = heap.leaf(16);
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), top);
  heap.edge(top, 0, list).edge(list, 0, end);
  const heap::Snapshot snapshot = heap.build();
  const Parts parts(snapshot);
  const SmallestCut cut = smallest_cut(parts.backwards(), heap.id(end));
  EXPECT_TRUE(cut.is_complete);
  EXPECT_THAT(cut.references, ElementsAre(Reference{heap.id(list), heap.id(end), 1}));
}

// A graph of few objects, some of which are garbage.
struct SmallHeap {
  explicit SmallHeap(std::uint64_t seed) : random(seed) {
    const auto count = 3 + random() % 6;
    for (std::uint64_t i = 0; i < count; ++i) objects.push_back(heap.object(64));
    for (const auto from : objects)
      for (std::uint64_t at = 0, edges = random() % 4; at < edges; ++at) heap.edge(from, at * 8, any());
    for (std::uint64_t i = 0, roots = 1 + random() % 4; i < roots; ++i) {
      const RootId root = heap.root(RootKind::kGlobal, "main.v");
      for (std::uint64_t t = 0, targets = 1 + random() % 2; t < targets; ++t)
        heap.refer(root, any(), static_cast<std::uint32_t>(8 * t));
    }
  }
  HeapBuilder::Handle any() { return objects[random() % objects.size()]; }

  std::mt19937_64 random;
  HeapBuilder heap;
  std::vector<HeapBuilder::Handle> objects;
};

// Whether the object is reached without some objects, roots and references.
bool is_reached(const heap::Snapshot& snapshot, std::uint32_t object, const std::set<std::uint32_t>& no_objects,
                const std::set<std::uint32_t>& no_roots, const std::vector<Reference>& no_references) {
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> open;
  const auto enter = [&](NodeId from, std::uint32_t to) {
    const auto is_cut = [&](const Reference& cut) { return cut.from == from && cut.to.row == to; };
    if (!no_objects.contains(to) && std::ranges::none_of(no_references, is_cut) && seen.insert(to).second)
      open.push_back(to);
  };
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
    for (std::uint32_t t = 0; t < snapshot.roots[r].target_count && !no_roots.contains(r); ++t)
      enter(RootId(r), snapshot.root_targets[snapshot.roots[r].first_target + t].object.row);
  while (!open.empty()) {
    const std::uint32_t row = open.back();
    open.pop_back();
    for (const std::uint32_t e : snapshot.edges.of(row)) enter(ObjectId(row), snapshot.edges.target[e]);
  }
  return seen.contains(object);
}

// By Menger's theorem, the fewest objects and roots that part the object from the roots are as many as the most ways
// that have none in common. Tries all sets.
std::size_t fewest_nodes(const heap::Snapshot& snapshot, std::uint32_t object) {
  const auto nodes = snapshot.objects + static_cast<std::uint32_t>(snapshot.roots.size());
  std::size_t fewest = nodes;
  for (std::uint32_t set = 0; set < 1U << nodes; ++set) {
    if ((set >> object & 1) != 0 || static_cast<std::size_t>(std::popcount(set)) >= fewest) continue;
    std::set<std::uint32_t> objects, roots;
    for (std::uint32_t node = 0; node < nodes; ++node)
      if ((set >> node & 1) != 0)
        node < snapshot.objects ? objects.insert(node) : roots.insert(node - snapshot.objects);
    if (!is_reached(snapshot, object, objects, roots, {})) fewest = static_cast<std::size_t>(std::popcount(set));
  }
  return fewest;
}

// Of all pointers; those between the same two are cut together.
std::vector<Reference> all_references(const heap::Snapshot& snapshot) {
  std::vector<Reference> out;
  const auto add = [&](NodeId from, ObjectId to) {
    const auto known = std::ranges::find_if(out, [&](const Reference& r) { return r.from == from && r.to == to; });
    known == out.end() ? out.push_back({from, to, 1}) : void(++known->pointers);
  };
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
    for (std::uint32_t t = 0; t < snapshot.roots[r].target_count; ++t)
      add(RootId(r), snapshot.root_targets[snapshot.roots[r].first_target + t].object);
  for (std::uint32_t row = 0; row < snapshot.pointerful; ++row)
    for (const std::uint32_t e : snapshot.edges.of(row)) add(ObjectId(row), ObjectId(snapshot.edges.target[e]));
  return out;
}

std::uint32_t fewest_pointers(const heap::Snapshot& snapshot, std::uint32_t object) {
  const std::vector<Reference> all = all_references(snapshot);
  std::uint32_t fewest = ~0U;
  for (std::uint32_t set = 0; set < 1U << all.size(); ++set) {
    std::vector<Reference> cut;
    std::uint32_t pointers = 0;
    for (std::size_t i = 0; i < all.size(); ++i)
      if ((set >> i & 1) != 0) cut.push_back(all[i]), pointers += all[i].pointers;
    if (pointers < fewest && !is_reached(snapshot, object, {}, {}, cut)) fewest = pointers;
  }
  return fewest;
}

TEST(IndependentWays, AreAsManyAsTheFewestNodesThatPartTheObject) {
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    SmallHeap small(seed);
    const heap::Snapshot snapshot = small.heap.build();
    const Parts parts(snapshot);
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      if (!parts.reached.contains(ObjectId(row))) continue;
      const IndependentWays found = independent_ways(parts.backwards(), each_root_alone(snapshot), ObjectId(row));
      ASSERT_TRUE(found.is_complete);
      EXPECT_EQ(found.ways.size(), fewest_nodes(snapshot, row)) << seed << " " << row;
      std::multiset<NodeId> nodes;
      for (const auto& way : found.ways) {
        ASSERT_TRUE(way.front().root());
        ASSERT_EQ(way.back(), NodeId(ObjectId(row)));
        nodes.insert(way.begin(), way.end() - 1);
        for (std::size_t i = 1; i < way.size(); ++i)
          EXPECT_TRUE(std::ranges::any_of(all_references(snapshot), [&](const Reference& r) {
            return r.from == way[i - 1] && NodeId(r.to) == way[i];
          })) << "no pointer";
      }
      EXPECT_EQ(nodes.size(), std::set<NodeId>(nodes.begin(), nodes.end()).size()) << seed << ": in two ways";
    }
  }
}

TEST(SmallestCut, IsThatOfTryingAllSets) {
  int compared = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SmallHeap small(seed);
    const heap::Snapshot snapshot = small.heap.build();
    if (all_references(snapshot).size() > 11) continue;
    const Parts parts(snapshot);
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      if (!parts.reached.contains(ObjectId(row))) continue;
      const SmallestCut cut = smallest_cut(parts.backwards(), ObjectId(row));
      ASSERT_TRUE(cut.is_complete);
      EXPECT_EQ(cut.pointers, fewest_pointers(snapshot, row)) << seed << " " << row;
      EXPECT_FALSE(is_reached(snapshot, row, {}, {}, cut.references)) << seed << " " << row;
      ++compared;
    }
  }
  EXPECT_GT(compared, 200);
}

}  // namespace
}  // namespace holdfast::graph
