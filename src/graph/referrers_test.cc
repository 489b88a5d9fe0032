#include "graph/referrers.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <random>

#include "base/parallel.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::graph {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(Referrers, AreTheSourcesOfTheEdgesOneForEach) {
  HeapBuilder heap;
  const auto a = heap.object(32), b = heap.object(32), c = heap.leaf(16), lone = heap.leaf(16);
  heap.edge(a, 0, c).edge(a, 8, b).edge(a, 16, c).edge(b, 0, c);
  const RootId first = heap.root(RootKind::kGlobal, "main.a"), second = heap.root(RootKind::kGlobal, "main.b");
  heap.refer(first, c).refer(second, c).refer(second, a);
  const heap::Snapshot snapshot = heap.build();
  const Referrers referrers(snapshot);
  EXPECT_THAT(referrers.of(heap.id(c)), ElementsAre(heap.id(a).row, heap.id(a).row, heap.id(b).row));
  EXPECT_THAT(referrers.of(heap.id(a)), IsEmpty());
  EXPECT_THAT(referrers.roots_of(heap.id(c)), ElementsAre(first, second));
  EXPECT_THAT(referrers.roots_of(heap.id(a)), ElementsAre(second));
  EXPECT_THAT(referrers.roots_of(heap.id(lone)), IsEmpty());
}

TEST(Referrers, AreThoseOfANaiveSearchWithAnyNumberOfThreads) {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<HeapBuilder::Handle> objects, sources;
    for (int i = 0; i < 40; ++i) sources.push_back(heap.object(64));
    objects = sources;
    for (int i = 0; i < 20; ++i) objects.push_back(heap.leaf(64));
    const auto any = [&] { return objects[random() % objects.size()]; };
    for (const auto source : sources)
      for (std::uint64_t at = 0, count = random() % 4; at < count; ++at) heap.edge(source, at * 8, any());
    for (int i = 0; i < 5; ++i) heap.refer(heap.root(RootKind::kGlobal, "main.v"), any());
    const heap::Snapshot snapshot = heap.build();
    std::map<std::uint32_t, std::vector<std::uint32_t>> naive;
    for (std::uint32_t row = 0; row < snapshot.pointerful; ++row)
      for (const std::uint32_t e : snapshot.edges.of(row)) naive[snapshot.edges.target[e]].push_back(row);
    for (const unsigned threads : {1U, 4U}) {
      set_thread_limit(threads);
      const Referrers referrers(snapshot);
      for (std::uint32_t row = 0; row < snapshot.objects; ++row)
        EXPECT_TRUE(std::ranges::equal(referrers.of(ObjectId(row)), naive[row])) << seed << " " << row;
      for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
        const Referrers of_one(snapshot, ObjectId(row));
        EXPECT_TRUE(std::ranges::equal(of_one.of(ObjectId(row)), naive[row])) << seed << " only " << row;
        EXPECT_TRUE(std::ranges::equal(of_one.roots_of(ObjectId(row)), referrers.roots_of(ObjectId(row))));
        const Referrers leading = Referrers::leading_to(snapshot, ObjectId(row));
        for (std::uint32_t other = 0; other < snapshot.objects; ++other) {
          ASSERT_EQ(leading.knows(ObjectId(other)), other < snapshot.pointerful || other == row);
          if (!leading.knows(ObjectId(other))) continue;
          EXPECT_TRUE(std::ranges::equal(leading.of(ObjectId(other)), naive[other])) << seed << " " << other;
        }
      }
    }
    set_thread_limit(0);
  }
}

}  // namespace
}  // namespace holdfast::graph
