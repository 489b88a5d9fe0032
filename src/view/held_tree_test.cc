#include "view/held_tree.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "graph/dominators.h"
#include "graph/shortest_ways.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr std::array kTypes = {"main.a", "main.b", "main.c", "main.d"};

heap::Snapshot typed_random_heap(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  HeapBuilder heap;
  std::vector<TypeId> types;
  for (const char* name : kTypes) types.push_back(heap.structure(name, 32, {{"next", {}, 0}, {"other", {}, 8}}));
  std::vector<HeapBuilder::Handle> objects;
  for (int i = 0; i < 50; ++i) objects.push_back(heap.object(32, types[random() % types.size()]));
  for (int i = 0; i < 20; ++i) objects.push_back(heap.leaf(48 + random() % 3 * 16, types[random() % types.size()]));
  for (int i = 0; i < 110; ++i) heap.edge(objects[random() % 50], random() % 4 * 8, objects[random() % objects.size()]);
  const RootId place = heap.group(WaitReason::kSleep, "main.work");
  for (std::uint64_t r = 0; r < 9; ++r) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "", r % 2 == 0 ? place : RootId());
    const RootId frame = heap.root(RootKind::kFrame, r % 2 == 0 ? "main.work" : "main.other", goroutine);
    const RootId variable = heap.root(RootKind::kGlobal, r % 3 == 0 ? "runtime.x" : r % 3 == 1 ? "main.v" : "main.w");
    heap.refer(r % 4 < 2 ? frame : variable, objects[random() % objects.size()]);
  }
  return heap.build();
}

std::vector<std::string> names_above(const HeldTree& tree, std::uint32_t node) {
  std::vector<std::string> names;
  for (; node != 0; node = tree.nodes[node].parent) names.push_back(tree.frames[tree.nodes[node].frame].name);
  return names;
}

using Sums = std::map<std::string, std::uint64_t>;

Sums own_by_type(const HeldTree& tree) {
  Sums sums;
  for (const HeldNode& node : tree.nodes)
    if (node.bytes > 0) sums[tree.frames[node.frame].type] += node.bytes;
  return sums;
}

TEST(HeldTree, HasEachLiveByteOnceAndByItsType) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const heap::Snapshot snapshot = typed_random_heap(seed);
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    Sums wanted;
    std::uint64_t bytes = 0, objects = 0;
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      if (!dominators.reachable(ObjectId(row))) continue;
      wanted[groundwork.names().type_of(ObjectId(row))] += groundwork.names().index().size_of(ObjectId(row));
      bytes += groundwork.names().index().size_of(ObjectId(row));
      ++objects;
    }
    for (const HeldBy by : {HeldBy::kWays, HeldBy::kDominators}) {
      const HeldTree tree = held_tree(groundwork, by);
      EXPECT_EQ(tree.bytes, bytes) << seed;
      EXPECT_EQ(tree.objects, objects) << seed;
      EXPECT_EQ(bytes_below(tree.nodes)[0], bytes) << seed;
      EXPECT_EQ(own_by_type(tree), wanted) << seed;
    }
  }
}

using Types = std::set<std::string>;

// The types of the things above a node, and its own.
Types types_above(const HeldTree& tree, std::uint32_t node) {
  Types types;
  for (; node != 0; node = tree.nodes[node].parent)
    if (const HeldFrame& frame = tree.frames[tree.nodes[node].frame]; frame.kind == HeldKind::kThing)
      types.insert(frame.type);
  return types;
}

// What stands below nodes of a type, each byte once, is what the objects of the type keep alive together.
TEST(HeldTree, OfDominatorsHasBelowATypeWhatItRetains) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const heap::Snapshot snapshot = typed_random_heap(seed);
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    Sums wanted, got;
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      if (!dominators.reachable(ObjectId(row))) continue;
      const std::string type = groundwork.names().type_of(ObjectId(row));
      bool is_below_another = false;
      for (graph::NodeId up = dominators.idom(ObjectId(row)); up.object(); up = dominators.idom(up))
        is_below_another = is_below_another || groundwork.names().type_of(up.object()) == type;
      if (!is_below_another) wanted[type] += dominators.retained_bytes(ObjectId(row));
    }
    const HeldTree tree = held_tree(groundwork, HeldBy::kDominators);
    for (std::uint32_t node = 1; node < tree.nodes.size(); ++node)
      for (const std::string& type : types_above(tree, node)) got[type] += tree.nodes[node].bytes;
    std::erase_if(got, [](const auto& sum) { return sum.second == 0; });
    EXPECT_EQ(got, wanted) << seed;
  }
}

// Each object is below the sorts that a shortest way goes through.
TEST(HeldTree, OfWaysFollowsShortestWays) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const heap::Snapshot snapshot = typed_random_heap(seed);
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    const graph::ShortestWays ways = ways_of(groundwork);
    std::map<std::pair<std::string, Types>, std::uint64_t> wanted, got;
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      const std::vector<graph::NodeId> way = ways.way_to(ObjectId(row));
      Types types;
      for (const graph::NodeId node : way)
        if (node.object()) types.insert(groundwork.names().type_of(node.object()));
      if (!way.empty())
        wanted[{groundwork.names().type_of(ObjectId(row)), types}] += groundwork.names().index().size_of(ObjectId(row));
    }
    const HeldTree tree = held_tree(groundwork, HeldBy::kWays);
    for (std::uint32_t node = 1; node < tree.nodes.size(); ++node)
      if (tree.nodes[node].bytes > 0)
        got[{tree.frames[tree.nodes[node].frame].type, types_above(tree, node)}] += tree.nodes[node].bytes;
    EXPECT_EQ(got, wanted) << seed;
  }
}

// A list whose nodes and items take turns: 10,000 of them are no deeper than three.
TEST(HeldTree, OfTurnsIsAsDeepAsItHasSorts) {
  HeapBuilder heap;
  const std::array types = {heap.structure("main.node", 16, {}), heap.structure("main.item", 16, {})};
  std::vector<HeapBuilder::Handle> objects;
  for (std::size_t i = 0; i < 10'000; ++i) objects.push_back(heap.object(16, types[i % 2]));
  for (std::size_t i = 1; i < objects.size(); ++i) heap.edge(objects[i - 1], 0, objects[i]);
  heap.refer(heap.root(RootKind::kGlobal, "main.list"), objects.front());
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const HeldTree tree = held_tree(Groundwork(snapshot, dominators), HeldBy::kDominators);
  ASSERT_EQ(tree.nodes.size(), 5U);
  EXPECT_THAT(names_above(tree, 4), ElementsAre("main.node", "main.item", "main.node", "main.list"));
  EXPECT_EQ(tree.nodes[2].bytes, 16U);
  EXPECT_EQ(tree.nodes[3].bytes, 5'000U * 16);
}

// main.registry.first leads to a list of two nodes, of which each has a text.
TEST(HeldTree, NamesTheFieldsOnTheWay) {
  HeapBuilder heap;
  const TypeId pointer = heap.pointer_type("*main.node"), text = heap.type("uint8", heap::TypeKind::kUint8, 1);
  const TypeId node = heap.structure("example.com/app.node", 32, {{"next", pointer, 0}, {"text", text, 8}});
  const TypeId registry = heap.structure("main.registry", 16, {{"first", pointer, 8}});
  const auto a = heap.object(32, node), b = heap.object(32, node);
  heap.edge(a, 0, b).edge(a, 8, heap.leaf(64, text)).edge(b, 8, heap.leaf(64, text));
  const RootId variable = heap.root(RootKind::kGlobal, "main.all", {}, registry);
  heap.refer(variable, a, 8);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  const HeldTree ways = held_tree(groundwork, HeldBy::kWays);
  ASSERT_EQ(ways.nodes.size(), 4U);
  EXPECT_THAT(names_above(ways, 3), ElementsAre("app.node.text []uint8", "main.all.first app.node", "main.all"));
  EXPECT_EQ(ways.nodes[3].bytes, 128U);
  EXPECT_EQ(ways.nodes[3].objects, 2U);
  EXPECT_EQ(ways.frames[ways.nodes[3].frame].full, "example.com/app.node.text []uint8");
  const HeldTree dominated = held_tree(groundwork, HeldBy::kDominators);
  EXPECT_THAT(names_above(dominated, 3), ElementsAre("[]uint8", "app.node", "main.all"));
}

TEST(HeldTree, SaysWhoSharesWhatNobodyHasAlone) {
  HeapBuilder heap;
  const auto object = heap.object(64);
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), object).refer(heap.root(RootKind::kGlobal, "main.b"), object);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const HeldTree tree = held_tree(Groundwork(snapshot, dominators), HeldBy::kDominators);
  ASSERT_EQ(tree.nodes.size(), 3U);
  EXPECT_THAT(names_above(tree, 2), ElementsAre("object of 64 B", "shared by main.a, main.b"));
}

// 40 variables of 32, 64, ... bytes: all but the largest ones are folded, and no byte is lost.
TEST(HeldTree, FoldsTheSmallestAndSaysHowMuch) {
  HeapBuilder heap;
  std::uint64_t sum = 0;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    heap.refer(heap.root(RootKind::kGlobal, fmt::format("main.v{}", i)), heap.leaf(32 * i));
    sum += 32 * i;
  }
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  for (const HeldLimits limits : {HeldLimits{.nodes = 1000, .siblings = 3}, HeldLimits{.nodes = 6, .siblings = 1000}}) {
    const HeldTree tree = held_tree(groundwork, HeldBy::kWays, limits);
    EXPECT_EQ(bytes_below(tree.nodes)[0], sum);
    EXPECT_EQ(tree.folded_bytes, sum - 32 * (40 + 39 + 38));
    EXPECT_EQ(tree.folded_nodes, 74U);
    std::set<std::string> owners;
    for (const HeldNode& node : tree.nodes)
      if (&node != tree.nodes.data() && node.parent == 0) owners.insert(tree.frames[node.frame].name);
    EXPECT_THAT(owners, UnorderedElementsAre("main.v40", "main.v39", "main.v38", "(smaller)"));
  }
}

}  // namespace
}  // namespace holdfast::view
