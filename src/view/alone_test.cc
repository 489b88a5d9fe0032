#include "view/alone.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::testing::HeapBuilder;

constexpr std::uint64_t kWords = 6, kBytes = kWords * 8;

// A heap of equal objects; the first is held by a root.
struct RandomHeap {
  struct Edge {
    std::uint32_t from = 0, word = 0, to = 0;
  };

  explicit RandomHeap(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](std::uint64_t n) { return static_cast<std::uint32_t>(random() % n); };
    HeapBuilder builder;
    const std::uint32_t count = 2 + below(14);
    for (std::uint32_t i = 0; i < count; ++i) objects.push_back(builder.object(kBytes));
    const std::uint32_t how_full = 1 + below(5);
    for (std::uint32_t i = 0; i < count; ++i)
      for (std::uint32_t w = 0; w < kWords; ++w)
        if (below(6) < how_full) edges.push_back({i, w, i == 0 || below(3) > 0 ? 1 + below(count - 1) : below(count)});
    for (const Edge& edge : edges) builder.edge(objects[edge.from], edge.word * 8, objects[edge.to]);
    builder.refer(builder.root(heap::RootKind::kGlobal, "main.root"), objects[0]);
    if (below(2) == 0) {
      held_too = 1 + below(count - 1);
      builder.refer(builder.root(heap::RootKind::kGlobal, "main.other"), objects[held_too]);
    }
    snapshot = builder.build();
  }

  // What is reached without some words of one object.
  std::set<std::uint32_t> reached(std::uint32_t of, const std::set<std::uint32_t>& without) const {
    std::set<std::uint32_t> seen = {0};
    if (held_too != 0) seen.insert(held_too);
    std::vector<std::uint32_t> work(seen.begin(), seen.end());
    while (!work.empty()) {
      const std::uint32_t from = work.back();
      work.pop_back();
      for (const Edge& edge : edges)
        if (edge.from == from && (from != of || !without.contains(edge.word)) && seen.insert(edge.to).second)
          work.push_back(edge.to);
    }
    return seen;
  }

  std::vector<HeapBuilder::Handle> objects;
  std::vector<Edge> edges;
  std::uint32_t held_too = 0;  // none
  heap::Snapshot snapshot;
};

class AloneOnRandomHeaps : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(AloneOnRandomHeaps, IsWhatGoesWithOneWordAndNoMoreThanWhatGoesWithSeveral) {
  const RandomHeap heap(GetParam());
  const heap::ObjectIndex index(heap.snapshot);
  const graph::Dominators dominators = graph::dominators(heap.snapshot);
  const graph::Referrers referrers(heap.snapshot);
  Alone alone(heap.snapshot, index, dominators, referrers);
  const std::size_t all = heap.reached(0, {}).size();
  for (std::uint32_t object = 0; object < heap.objects.size(); ++object) {
    const Address begin = index.address_of(ObjectId(object));
    for (std::uint32_t first = 0; first < kWords; ++first) {
      std::set<std::uint32_t> words;
      std::vector<AddressRange> ranges;
      for (std::uint32_t w = first; w < kWords; ++w) {
        words.insert(w);
        ranges.push_back({begin + w * 8, begin + w * 8 + 8});
        const bool is_live = heap.reached(0, {}).contains(object);
        const std::uint64_t freed = is_live ? (all - heap.reached(object, words).size()) * kBytes : 0;
        const std::uint64_t got = alone.bytes(ranges);
        if (words.size() == 1)
          EXPECT_EQ(got, freed) << "object " << object << " word " << first;
        else
          EXPECT_LE(got, freed) << "object " << object << " words " << first << " to " << w;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, AloneOnRandomHeaps, ::testing::Range<std::uint64_t>(0, 300));

TEST(Alone, CountsWhatAKeyAndItsElementShareAndNothingThatOthersHave) {
  HeapBuilder heap;
  const auto map = heap.object(64), key = heap.object(32), element = heap.object(128), common = heap.object(256),
             below = heap.object(512);
  heap.refer(heap.root(heap::RootKind::kGlobal, "main.map"), map);
  heap.edge(map, 0, key).edge(map, 8, element).edge(element, 0, key).edge(key, 0, element);
  heap.edge(map, 16, common).edge(map, 24, common).edge(element, 8, below);
  const heap::Snapshot snapshot = heap.build();
  const heap::ObjectIndex index(snapshot);
  const graph::Dominators dominators = graph::dominators(snapshot);
  const graph::Referrers referrers(snapshot);
  Alone alone(snapshot, index, dominators, referrers);
  const Address begin = index.address_of(heap.id(map));
  const auto bytes = [&](std::uint64_t from, std::uint64_t to) {
    return alone.bytes(std::vector<AddressRange>{{begin + from, begin + to}});
  };
  EXPECT_EQ(bytes(0, 8), 0U) << "the element leads to the key, too";
  EXPECT_EQ(bytes(0, 16), 32U + 128 + 512);
  EXPECT_EQ(bytes(16, 24), 0U) << "another word leads there";
  EXPECT_EQ(bytes(16, 32), 256U);
  EXPECT_EQ(bytes(32, 64), 0U);
}

}  // namespace
}  // namespace holdfast::view
