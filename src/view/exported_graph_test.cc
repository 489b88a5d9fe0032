#include "view/exported_graph.h"

#include <gmock/gmock.h>

#include <map>
#include <random>

#include "graph/snapshot_builder_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// The nodes and pointers of a graph, read once.
struct ReadGraph {
  explicit ReadGraph(ExportedGraph& graph) {
    graph.for_each_node([&](const ExportedNode& node) {
      EXPECT_EQ(node.number, nodes.size());
      nodes.push_back(node);
      names.emplace_back(graph.texts()[node.name]);
    });
    pointers.resize(nodes.size());
    for (std::uint32_t node = 0; node < nodes.size(); ++node)
      graph.for_each_pointer(node, [&](const ExportedPointer& pointer) { pointers[node].push_back(pointer); });
    EXPECT_EQ(graph.nodes(), nodes.size());
  }

  // By the graph's own code for snapshots: each node is an object there, the first is all that a root has.
  heap::Snapshot as_snapshot() const {
    const auto count = static_cast<std::uint32_t>(nodes.size());
    graph::SnapshotBuilder builder(count, 0);
    for (std::uint32_t node = 0; node < count; ++node) {
      builder.resize(node, nodes[node].bytes + 8);  // an object has some bytes
      for (const ExportedPointer& pointer : pointers[node]) builder.edge(node, pointer.to);
    }
    builder.refer(builder.root(), 0);
    return builder.build();
  }

  std::vector<ExportedNode> nodes;
  std::vector<std::string> names;
  std::vector<std::vector<ExportedPointer>> pointers;
};

heap::Snapshot small_random_heap(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  HeapBuilder heap;
  const std::array types = {heap.structure("main.a", 32, {{"next", {}, 0}}), heap.structure("main.b", 32, {}),
                            TypeId()};
  std::vector<HeapBuilder::Handle> objects;
  for (int i = 0; i < 40; ++i) objects.push_back(heap.object(32, types[random() % 3]));
  for (int i = 0; i < 30; ++i) objects.push_back(heap.leaf(16 + random() % 3 * 16, types[random() % 3]));
  for (int i = 0; i < 90; ++i) heap.edge(objects[random() % 40], random() % 4 * 8, objects[random() % objects.size()]);
  for (std::uint64_t r = 0; r < 8; ++r) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "");
    const RootId frame = heap.root(RootKind::kFrame, "main.work", goroutine);
    const RootId variable = heap.root(RootKind::kGlobal, r % 2 == 0 ? "main.v" : "main.w");
    heap.refer(r % 3 == 0 ? frame : variable, objects[random() % objects.size()]);
  }
  return heap.build();
}

// Whatever is folded: the bytes add up, and objects with nodes retain what they retain on the whole heap.
TEST(ExportedGraph, KeepsSumsAndWhatIsRetained) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    const heap::Snapshot snapshot = small_random_heap(seed);
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    for (const std::uint64_t most : {0U, 5U, 12U, 30U, 1000U}) {
      ExportedGraph exported(groundwork, most);
      const ReadGraph read(exported);
      const graph::Dominators again = graph::dominators(read.as_snapshot());
      std::uint64_t bytes = 0, objects = 0, kept = 0;
      for (const ExportedNode& node : read.nodes) {
        bytes += node.bytes;
        objects += node.objects;
        ASSERT_TRUE(again.reachable(ObjectId(node.number)) || node.objects == 0) << seed << " " << node.number;
        if (node.kind != ExportedKind::kObject) continue;
        ++kept;
        const std::uint64_t below = again.retained_count(ObjectId(node.number));  // each node has 8 bytes too many
        EXPECT_EQ(again.retained_bytes(ObjectId(node.number)) - 8 * below, dominators.retained_bytes(node.object))
            << seed << ", at most " << most;
      }
      const graph::Reachability live = graph::reach(snapshot);
      EXPECT_EQ(bytes, live.bytes) << seed;
      EXPECT_EQ(objects, live.objects) << seed;
      EXPECT_LE(kept, most);
      EXPECT_EQ(kept + exported.folded_objects(), live.objects);
      if (most == 1000) {
        EXPECT_EQ(exported.folded_bytes(), 0U);
      }
    }
  }
}

TEST(ExportedGraph, NamesPlacesAndBundles) {
  HeapBuilder heap;
  const TypeId pointer = heap.pointer_type("*main.node");
  const TypeId node = heap.structure("main.node", 16, {{"next", pointer, 0}, {"name", {}, 8}});
  const auto list = heap.object(128, pointer), first = heap.object(16, node);
  heap.edge(list, 24, first);
  const TypeId text = heap.type("uint8", heap::TypeKind::kUint8, 1);
  heap.edge(first, 8, heap.leaf(8, text)).edge(list, 0, heap.leaf(8, text)).edge(list, 8, heap.leaf(8, text));
  heap.refer(heap.root(RootKind::kGlobal, "main.list"), list);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  ExportedGraph graph(groundwork, 2);
  const ReadGraph read(graph);
  EXPECT_THAT(read.names, Contains("main.list"));
  EXPECT_EQ(std::ranges::count(read.names, "[]uint8"), 2) << "one below the list, one below the node";
  const auto of_list = std::ranges::find(read.names, "[]*main.node") - read.names.begin();
  const auto& pointers = read.pointers[static_cast<std::size_t>(of_list)];
  ASSERT_EQ(pointers.size(), 2U);
  EXPECT_EQ(pointers[0].kind, ExportedEdge::kElement);
  EXPECT_EQ(pointers[0].element, 3U);
  EXPECT_EQ(read.names[pointers[0].to], "main.node");
  EXPECT_EQ(graph.texts()[pointers[1].name], "(2 folded)");
  ExportedGraph all(groundwork, 100);
  const ReadGraph whole(all);
  const auto of_node = std::ranges::find(whole.names, "main.node") - whole.names.begin();
  ASSERT_EQ(whole.pointers[static_cast<std::size_t>(of_node)].size(), 1U);
  EXPECT_EQ(all.texts()[whole.pointers[static_cast<std::size_t>(of_node)][0].name], ".name");
}

}  // namespace
}  // namespace holdfast::view
