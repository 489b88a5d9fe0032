#include "graph/components.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <set>

#include "graph/random_graph_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::graph {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::IsEmpty;
using testing::SizeIs;

TEST(Components, AreRingsThatAreReached) {
  HeapBuilder heap;
  const auto a = heap.object(32), b = heap.object(32), alone = heap.object(32), lost = heap.object(32),
             other = heap.object(32);
  heap.edge(a, 0, b).edge(b, 0, a).edge(b, 8, alone).edge(alone, 0, alone).edge(lost, 0, other).edge(other, 0, lost);
  heap.refer(heap.root(RootKind::kGlobal, "main.a"), a);
  const heap::Snapshot snapshot = heap.build();
  const Components found(snapshot, reach(snapshot));
  ASSERT_THAT(found.rows(), SizeIs(1));
  EXPECT_EQ(found.rows().front().objects, 2U);
  EXPECT_EQ(found.of(heap.id(a)), 0U);
  EXPECT_EQ(found.of(heap.id(b)), 0U);
  EXPECT_EQ(found.of(heap.id(alone)), Components::kNone) << "it leads to itself only";
  EXPECT_EQ(found.of(heap.id(lost)), Components::kNone) << "garbage";
}

TEST(Components, OfALongRingNeedNoRecursion) {
  constexpr std::uint32_t kLong = 200'000;
  SnapshotBuilder builder(kLong, 0, 16);
  for (std::uint32_t i = 0; i < kLong; ++i) builder.edge(i, (i + 1) % kLong);
  builder.refer(builder.root(), 7);
  const heap::Snapshot snapshot = builder.build();
  const Components found(snapshot, reach(snapshot));
  ASSERT_THAT(found.rows(), SizeIs(1));
  EXPECT_EQ(found.rows().front().objects, kLong);
  EXPECT_EQ(found.rows().front().first, ObjectId(0));
}

TEST(Components, AreWhoReachEachOther) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<HeapBuilder::Handle> objects;
    for (int i = 0; i < 25; ++i) objects.push_back(heap.object(64));
    for (const auto from : objects)
      for (std::uint64_t at = 0, edges = random() % 3; at < edges; ++at)
        heap.edge(from, at * 8, objects[random() % objects.size()]);
    for (int i = 0; i < 3; ++i) heap.refer(heap.root(RootKind::kGlobal, "main.v"), objects[random() % objects.size()]);
    const heap::Snapshot snapshot = heap.build();
    const Reachability reached = reach(snapshot);
    std::vector<std::set<std::uint32_t>> leads(snapshot.objects);
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      std::vector<std::uint32_t> open = {row};
      while (!open.empty()) {
        const std::uint32_t at = open.back();
        open.pop_back();
        for (const std::uint32_t e : snapshot.edges.of(at))
          if (leads[row].insert(snapshot.edges.target[e]).second) open.push_back(snapshot.edges.target[e]);
      }
    }
    const Components found(snapshot, reached);
    std::map<std::uint32_t, std::uint32_t> counts;
    for (std::uint32_t a = 0; a < snapshot.objects; ++a) {
      for (std::uint32_t b = 0; b < snapshot.objects; ++b) {
        if (a == b || !reached.contains(ObjectId(a)) || !reached.contains(ObjectId(b))) continue;
        const bool is_one = leads[a].contains(b) && leads[b].contains(a);
        const bool said = found.of(ObjectId(a)) != Components::kNone && found.of(ObjectId(a)) == found.of(ObjectId(b));
        EXPECT_EQ(said, is_one) << seed << ": " << a << " " << b;
      }
      if (found.of(ObjectId(a)) != Components::kNone) ++counts[found.of(ObjectId(a))];
    }
    for (std::uint32_t row = 0; row < found.rows().size(); ++row) EXPECT_EQ(found.rows()[row].objects, counts[row]);
  }
}

}  // namespace
}  // namespace holdfast::graph
