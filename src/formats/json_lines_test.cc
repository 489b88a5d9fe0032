#include "formats/json_lines.h"

#include <gmock/gmock.h>

#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "graph/dominators.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::formats {
namespace {

using heap::testing::HeapBuilder;
using nlohmann::json;

TEST(JsonLines, HasALineForEachRootObjectAndPointer) {
  HeapBuilder heap;
  const TypeId pointer = heap.pointer_type("*main.node");
  const TypeId node = heap.structure("main.node", 16, {{"next", pointer, 0}, {"name", {}, 8}});
  const auto list = heap.object(64, node), first = heap.object(16, node), garbage = heap.object(16, node);
  heap.edge(list, 16, first).edge(first, 8, heap.leaf(48)).edge(garbage, 0, first);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.list"), list);
  heap::Snapshot snapshot = heap.build();
  snapshot.target.name = "a \"name\"";
  const graph::Dominators dominators = graph::dominators(snapshot);
  const view::Groundwork groundwork(snapshot, dominators);
  std::string text;
  Stream out([&](std::string_view bytes) { text += bytes; });
  write_json_lines(groundwork, out);
  out.flush();
  std::map<std::string, std::vector<json>> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    json parsed = json::parse(line);
    lines[parsed["row"]].push_back(parsed);
  }
  ASSERT_EQ(lines["heap"].size(), 1U);
  EXPECT_EQ(lines["heap"][0]["bytes"], 128);
  EXPECT_EQ(lines["heap"][0]["objects"], 3);
  EXPECT_EQ(lines["heap"][0]["garbage_bytes"], 16);
  EXPECT_EQ(lines["heap"][0]["name"], "a \"name\"");
  ASSERT_EQ(lines["root"].size(), 1U);
  EXPECT_EQ(lines["root"][0],
            json::parse(R"({"row":"root","id":"r0","kind":"global","name":"main.list","retained":128})"));
  ASSERT_EQ(lines["object"].size(), 3U);
  const auto one_of = [&](std::size_t bytes) {
    for (const json& line : lines["object"])
      if (line["bytes"] == bytes) return line;
    return json();
  };
  EXPECT_EQ(one_of(64)["type"], "[]main.node");
  EXPECT_EQ(one_of(64)["dominator"], "r0");
  EXPECT_EQ(one_of(16)["type"], "main.node");
  EXPECT_EQ(one_of(16)["dominator"], one_of(64)["id"]);
  EXPECT_EQ(one_of(16)["retained"], 64);
  EXPECT_FALSE(one_of(48).contains("type"));
  ASSERT_EQ(lines["pointer"].size(), 3U) << "none of the garbage";
  EXPECT_EQ(lines["pointer"][0]["from"], "r0");
  EXPECT_EQ(lines["pointer"][1]["field"], "[1].next");
  EXPECT_EQ(lines["pointer"][1]["offset"], 16);
  EXPECT_EQ(lines["pointer"][2]["to"], one_of(48)["id"]);
}

}  // namespace
}  // namespace holdfast::formats
