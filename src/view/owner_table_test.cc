#include "view/owner_table.h"

#include <gmock/gmock.h>

#include <numeric>
#include <random>

#include "heap/heap_builder_for_tests.h"
#include "heap/validate.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::IsEmpty;
using testing::SizeIs;

// What stands one level below a line adds up to it.
void expect_sums(const std::vector<UnderRow>& rows, std::uint64_t seed = 0) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::uint64_t sum = 0;
    bool any = false;
    for (std::size_t j = i + 1; j < rows.size() && rows[j].depth > rows[i].depth; ++j) {
      if (rows[j].depth != rows[i].depth + 1) continue;
      sum += rows[j].bytes;
      any = true;
    }
    if (any) {
      EXPECT_EQ(sum, rows[i].bytes) << seed << " line " << i;
    }
  }
}

TEST(Under, IsATreeOfSortsThatAddsUp) {
  HeapBuilder heap;
  const TypeId session = heap.structure("main.Session", 64, {{"next", {}, 0}, {"user", {}, 8}, {"text", {}, 16}});
  const TypeId user = heap.structure("main.User", 32, {});
  const auto a = heap.object(64, session), b = heap.object(64, session), c = heap.object(64, session);
  heap.refer(heap.root(RootKind::kGlobal, "main.first"), a);
  heap.edge(a, 0, b).edge(b, 0, c).edge(c, 8, heap.leaf(32, user)).edge(b, 8, heap.leaf(32, user));
  heap.edge(a, 16, heap.leaf(16));
  const heap::Snapshot snapshot = heap.build();
  EXPECT_THAT(heap::problems(snapshot), IsEmpty());
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  const graph::DominatorTree tree(dominators);
  const graph::Reachability reached = graph::reach(snapshot);
  const auto ask = [&](std::string_view what, UnderLimits limits = {}) {
    return under(groundwork, tree, reached, parse_subject(what), limits);
  };
  const std::vector<UnderRow> rows = ask("global:main.first");
  ASSERT_THAT(rows, SizeIs(5));
  EXPECT_EQ(rows[0].bytes, 272U);
  EXPECT_EQ(rows[1].what.full, "main.Session");
  EXPECT_EQ(rows[1].count, 3U) << "a list is one level";
  EXPECT_EQ(rows[2].line, UnderLine::kThemselves);
  EXPECT_EQ(rows[2].bytes, 192U);
  EXPECT_EQ(rows[3].what.full, "main.User");
  EXPECT_EQ(rows[3].count, 2U);
  expect_sums(rows);
  const std::vector<UnderRow> cut = ask("global:main.first", {.depth = 4, .branches = 1});
  EXPECT_EQ(cut.back().line, UnderLine::kMore);
  EXPECT_EQ(cut.back().count, 1U);
  expect_sums(cut);
  EXPECT_EQ(ask("type:main.Session")[0].bytes, 272U) << "those below others are theirs";
}

TEST(OwnersAndUnder, AddUpOnAnyHeap) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<TypeId> types;
    for (const char* name : {"main.A", "main.B", "main.C"}) types.push_back(heap.structure(name, 64, {}));
    std::vector<HeapBuilder::Handle> objects;
    for (int i = 0; i < 40; ++i) objects.push_back(heap.object(64, types[random() % types.size()]));
    for (const auto from : objects)
      for (std::uint64_t at = 0, edges = random() % 4; at < edges; ++at)
        heap.edge(from, at * 8, objects[random() % objects.size()]);
    for (const char* name : {"main.a", "main.b", "main.c"})
      heap.refer(heap.root(RootKind::kGlobal, name), objects[random() % objects.size()]);
    const heap::Snapshot snapshot = heap.build();
    const graph::Dominators dominators = graph::dominators(snapshot);
    const Groundwork groundwork(snapshot, dominators);
    const graph::Reachability reached = graph::reach(snapshot);
    const Table owners = owner_table(groundwork);
    std::uint64_t sum = 0;
    for (std::uint32_t row = 0; row < owners.rows; ++row) sum += std::get<std::uint64_t>(owners.cell(row, 0));
    EXPECT_EQ(sum, reached.bytes) << seed;
    for (const char* subject : {"global:main.a", "global:main.b"})
      expect_sums(under(groundwork, graph::DominatorTree(dominators), reached, parse_subject(subject),
                        {.depth = 1 + random() % 5, .branches = 1 + random() % 4}),
                  seed);
  }
}

}  // namespace
}  // namespace holdfast::view
