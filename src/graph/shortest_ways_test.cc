#include "graph/shortest_ways.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <limits>
#include <random>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::graph {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(ShortestWays, GoOverTheRootForestAndPreferVariables) {
  HeapBuilder heap;
  const auto end = heap.leaf(16), deep = heap.object(32), lone = heap.leaf(16);
  const RootId goroutine = heap.root(RootKind::kGoroutine, "");
  const RootId frame = heap.root(RootKind::kFrame, "main.f", goroutine);
  heap.refer(frame, end).refer(frame, deep);
  const RootId variable = heap.root(RootKind::kGlobal, "main.v");
  heap.refer(variable, end);
  const heap::Snapshot snapshot = heap.build();
  const ShortestWays ways(snapshot);
  EXPECT_THAT(ways.way_to(heap.id(end)), ElementsAre(variable, heap.id(end)));
  EXPECT_THAT(ways.way_to(heap.id(deep)), ElementsAre(goroutine, frame, heap.id(deep)));
  EXPECT_THAT(ways.way_to(heap.id(lone)), IsEmpty());
  const Referrers referrers(snapshot);
  const Reachability reached = reach(snapshot);
  const Backwards back{snapshot, referrers, reached};
  EXPECT_THAT(shortest_way_to(back, heap.id(end)), ElementsAre(variable, heap.id(end)));
  EXPECT_THAT(shortest_way_to(back, heap.id(deep)), ElementsAre(goroutine, frame, heap.id(deep)));
}

TEST(ShortestWays, AreAsShortAsThoseOfANaiveSearch) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<HeapBuilder::Handle> objects;
    for (int i = 0; i < 20; ++i) objects.push_back(heap.object(64));
    const auto any = [&] { return objects[random() % objects.size()]; };
    for (int i = 0; i < 30; ++i) heap.edge(any(), 8 * (random() % 8), any());
    for (int i = 0; i < 3; ++i) heap.refer(heap.root(RootKind::kGlobal, "main.v"), any());
    const heap::Snapshot snapshot = heap.build();
    constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max() / 2;
    std::vector<std::size_t> length(snapshot.objects, kNever);
    for (const heap::RootTarget& target : snapshot.root_targets) length[target.object.row] = 2;
    for (std::uint32_t round = 0; round < snapshot.objects; ++round)
      for (std::uint32_t row = 0; row < snapshot.pointerful; ++row)
        for (std::uint32_t e = snapshot.edges.row_begin[row]; e < snapshot.edges.row_begin[row + 1]; ++e)
          length[snapshot.edges.target[e]] = std::min(length[snapshot.edges.target[e]], length[row] + 1);
    const ShortestWays ways(snapshot);
    const Referrers referrers(snapshot);
    const Reachability reached = reach(snapshot);
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      EXPECT_EQ(ways.way_to(ObjectId(row)).size(), length[row] == kNever ? 0 : length[row]) << seed << " " << row;
      const std::vector<NodeId> back = shortest_way_to({snapshot, referrers, reached}, ObjectId(row));
      if (length[row] == kNever) continue;
      ASSERT_EQ(back.size(), length[row]) << seed << " " << row;
      EXPECT_EQ(back.back(), NodeId(ObjectId(row)));
      for (std::size_t i = 1; i < back.size(); ++i) {
        const ObjectId to = back[i].object();
        const auto sources = referrers.of(to);
        const auto roots = referrers.roots_of(to);
        EXPECT_TRUE(back[i - 1].root() ? std::ranges::count(roots, back[i - 1].root()) > 0
                                       : std::ranges::count(sources, back[i - 1].object().row) > 0)
            << "no pointer";
      }
    }
  }
}

}  // namespace
}  // namespace holdfast::graph
