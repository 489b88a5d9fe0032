#include "view/live_parts.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/dominators.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;

// A heap of two variables and of garbage.
class LivePartsTest : public testing::Test {
 protected:
  LivePartsTest() {
    const TypeId bytes = heap_.type("uint8", heap::TypeKind::kUint8, 1);
    const auto cache = heap_.object(16), index = heap_.object(32);
    heap_.edge(cache, 0, heap_.leaf(1024, bytes));
    heap_.refer(heap_.root(RootKind::kGlobal, "main.cache"), cache);
    heap_.refer(heap_.root(RootKind::kGlobal, "main.index"), index);
    heap_.leaf(512, bytes);
    heap_.leaf(512, bytes);
    heap_.leaf(128);
  }

  std::vector<std::string> parts(const Table& dangling = {}, const LivePartLimits& limits = {}) {
    heap_.snapshot().account.known = true;
    heap_.snapshot().account.c_heap = 4096;
    const heap::Snapshot snapshot = heap_.build();
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    std::vector<std::string> out;
    for (const LivePart& part : live_parts(groundwork, graph::reach(snapshot), dangling, limits))
      out.push_back(
          fmt::format("{} {} {}: {} in {}", words_of(part.state), part.kind, part.name.brief, part.bytes, part.count));
    return out;
  }

  HeapBuilder heap_;
};

TEST_F(LivePartsTest, SayWhatBecomesOfEachByte) {
  EXPECT_THAT(parts(), ElementsAre("active variable main.cache: 1040 in 2", "active variable main.index: 32 in 1",
                                   "waiting type []uint8: 1024 in 2", "waiting type objects of unknown type: 128 in 1",
                                   "unknown mappings C heap: 4096 in 0"));
}

TEST_F(LivePartsTest, PutTheSmallOnesTogether) {
  EXPECT_THAT(parts({}, {.owners = 1, .types = 1, .words = 1}),
              ElementsAre("active variable main.cache: 1040 in 2", "active variable 1 more owners: 32 in 1",
                          "waiting type []uint8: 1024 in 2", "waiting type 1 more types: 128 in 1",
                          "unknown mappings C heap: 4096 in 0"));
}

TEST_F(LivePartsTest, HaveNoWordsThatMayBeNumbers) {
  struct Row {
    std::uint64_t words;
    std::string_view kind, place;
  };
  static constexpr ColumnOf<Row> kThree[] = {
      {{"words", Unit::kCount, ""}, [](const Row& row) { return Cell(row.words); }},
      {{"kind", Unit::kText, ""}, [](const Row& row) { return Cell(row.kind); }},
      {{"place", Unit::kText, ""}, [](const Row& row) { return Cell(row.place); }}};
  const Table table = make_table<Row>(make_shape<Row>("dangling", "place", "words", kThree), kThree,
                                      {{3, "uintptr", "main.handle.at"}, {900, "number", "main.hash"}});
  const std::vector<std::string> all = parts(table);
  EXPECT_THAT(all, testing::Contains("dangling words main.handle.at: 0 in 3"));
  EXPECT_THAT(all, testing::Not(testing::Contains(testing::HasSubstr("main.hash"))));
}

}  // namespace
}  // namespace holdfast::view
