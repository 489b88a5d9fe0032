#include "formats/heapsnapshot.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>
#include <random>

#include "graph/dominators.h"
#include "graph/snapshot_builder_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::formats {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;

constexpr std::size_t kFields = 7;

struct Written {
  explicit Written(const heap::Snapshot& snapshot, std::uint64_t most = 1000) {
    const graph::Dominators dominators = graph::dominators(snapshot);
    const view::Groundwork groundwork(snapshot, dominators);
    view::ExportedGraph graph(groundwork, most);
    std::string text;
    Stream out([&](std::string_view bytes) { text += bytes; });
    ids_are_addresses = write_heapsnapshot(groundwork, graph, out);
    out.flush();
    json = nlohmann::json::parse(text);
  }
  std::uint64_t field(std::size_t node, std::size_t field) const { return json["nodes"][node * kFields + field]; }
  std::string name(std::size_t node) const { return json["strings"][field(node, 1)]; }
  std::size_t count() const { return json["nodes"].size() / kFields; }
  std::size_t node_named(const std::string& wanted) const {
    for (std::size_t node = 0; node < count(); ++node)
      if (name(node) == wanted) return node;
    ADD_FAILURE() << "no node " << wanted;
    return 0;
  }
  // The names of the edges of a node, with those of the nodes that they lead to.
  std::vector<std::string> edges_of(std::size_t node) const {
    std::size_t edge = 0;
    for (std::size_t before = 0; before < node; ++before) edge += field(before, 4);
    std::vector<std::string> found;
    for (const std::size_t end = edge + field(node, 4); edge < end; ++edge) {
      const auto at = [&](std::size_t i) -> std::uint64_t { return json["edges"][edge * 3 + i]; };
      const std::string label = at(0) == 2 ? json["strings"][at(1)].get<std::string>() : std::to_string(at(1));
      found.push_back(label + " " + name(at(2) / kFields));
    }
    return found;
  }

  nlohmann::json json;
  bool ids_are_addresses = false;
};

TEST(Heapsnapshot, HasTypesFieldsAndSizes) {
  HeapBuilder heap;
  const TypeId pointer = heap.pointer_type("*main.node"), text = heap.type("uint8", heap::TypeKind::kUint8, 1);
  const TypeId node = heap.structure("main.node", 16, {{"next", pointer, 0}, {"name", {}, 8}});
  const auto first = heap.object(16, node), garbage = heap.object(16, node);
  heap.edge(first, 8, heap.leaf(48, text)).edge(garbage, 0, first);
  heap.refer(heap.root(RootKind::kGlobal, "main.list"), first);
  const Written file(heap.build());
  EXPECT_EQ(file.json["snapshot"]["node_count"], file.count());
  EXPECT_EQ(file.json["snapshot"]["edge_count"].get<std::size_t>() * 3, file.json["edges"].size());
  EXPECT_THAT(file.edges_of(file.node_named("main.node")), testing::ElementsAre(".name []uint8"));
  EXPECT_THAT(file.edges_of(file.node_named("main.list")), testing::ElementsAre("0 main.node"));
  EXPECT_THAT(file.edges_of(file.node_named("(package variables)")), testing::ElementsAre("0 main.list"));
  EXPECT_EQ(file.edges_of(0).size(), 5U);
  std::uint64_t bytes = 0;
  for (std::size_t n = 0; n < file.count(); ++n) bytes += file.field(n, 3);
  EXPECT_EQ(bytes, 64U) << "without the garbage";
  EXPECT_TRUE(file.ids_are_addresses);
}

// 5 GiB are three nodes, since a node's size has 32 bits.
TEST(Heapsnapshot, SplitsWhatIsTooLargeForANode) {
  constexpr std::uint64_t kSize = std::uint64_t{5} << 30;
  HeapBuilder heap;
  heap.refer(heap.root(RootKind::kGlobal, "main.big"), heap.leaf(kSize, heap.type("uint8", heap::TypeKind::kUint8, 1)));
  const Written file(heap.build());
  std::uint64_t bytes = 0;
  for (std::size_t n = 0; n < file.count(); ++n) {
    bytes += file.field(n, 3);
    EXPECT_LE(file.field(n, 3), std::uint64_t{1} << 31);
  }
  EXPECT_EQ(bytes, kSize);
  EXPECT_EQ(file.edges_of(file.node_named("[]uint8")).size(), 2U);
}

TEST(Heapsnapshot, NumbersObjectsByTheirAddressesUnlessTheyAreTooFarApart) {
  HeapBuilder heap;
  const RootId root = heap.root(RootKind::kGlobal, "main.a");
  heap.refer(root, heap.object(16)).refer(root, heap.leaf(32));
  heap::Snapshot snapshot = heap.build();
  const Written near(snapshot);
  const std::size_t leaf = near.node_named("object of 32 B");
  EXPECT_EQ(near.field(leaf, 2), 8192 / 8 + 1);
  snapshot.spans[1].base = snapshot.spans[1].base + (std::uint64_t{40} << 30);
  const Written far(snapshot);
  EXPECT_FALSE(far.ids_are_addresses);
  for (std::size_t n = 0; n < far.count(); ++n) EXPECT_LE(far.field(n, 2), ~std::uint32_t{0});
}

}  // namespace
}  // namespace holdfast::formats
