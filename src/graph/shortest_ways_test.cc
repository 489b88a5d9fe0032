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
        for (const std::uint32_t e : snapshot.edges.of(row))
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

// What a naive search says of one object: the lengths of the ways to it by the rank of the root, with weak edges or
// without.
class NaiveWays {
 public:
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max() / 2;

  NaiveWays(const heap::Snapshot& snapshot, const WayPreference& preference, int rank, bool over_weak)
      : length_(snapshot.objects, kNever) {
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
      const heap::Root& root = snapshot.roots[r];
      if (preference.rank_of(RootId(r)) != rank) continue;
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        length_[snapshot.root_targets[t].object.row] = 1;
    }
    std::vector<bool> weak;
    for (std::uint32_t round = 0; round < snapshot.objects; ++round)
      for (std::uint32_t row = 0; row < snapshot.pointerful; ++row) {
        const bool any = preference.weak && preference.weak(ObjectId(row), weak);
        const std::uint32_t begin = snapshot.edges.row_begin[row];
        for (std::uint32_t e = begin; e < snapshot.edges.row_begin[row + 1]; ++e)
          if (over_weak || !any || !weak[e - begin])
            length_[snapshot.edges.target[e]] = std::min(length_[snapshot.edges.target[e]], length_[row] + 1);
      }
  }
  std::size_t operator[](std::uint32_t row) const { return length_[row]; }

 private:
  std::vector<std::size_t> length_;
};

TEST(ShortestWays, PreferWhatTheCallerPrefers) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::mt19937_64 random(seed);
    HeapBuilder heap;
    std::vector<HeapBuilder::Handle> objects;
    for (int i = 0; i < 20; ++i) objects.push_back(heap.object(64));
    const auto any = [&] { return objects[random() % objects.size()]; };
    for (int i = 0; i < 25; ++i) heap.edge(any(), 8 * (random() % 8), any());
    constexpr int kRanks = 3;
    for (int i = 0; i < 5; ++i) heap.refer(heap.root(RootKind::kGlobal, "main.v"), any());
    const heap::Snapshot snapshot = heap.build();
    WayPreference preference;
    for (std::size_t r = 0; r < snapshot.roots.size(); ++r)
      preference.rank.push_back(static_cast<std::uint8_t>(random() % kRanks));
    const std::uint64_t salt = random();
    preference.weak = [&](ObjectId source, std::vector<bool>& weak) {
      const std::uint32_t begin = snapshot.edges.row_begin[source.row], end = snapshot.edges.row_begin[source.row + 1];
      weak.assign(end - begin, false);
      for (std::uint32_t i = 0; i < end - begin; ++i) weak[i] = ((salt >> (begin + i) % 64) & 1) != 0;
      return std::ranges::count(weak, true) > 0;
    };
    std::vector<std::size_t> expected(snapshot.objects, NaiveWays::kNever);
    std::vector<bool> needs_weak(snapshot.objects);
    for (const bool over_weak : {false, true})
      for (int rank = kRanks - 1; rank >= 0; --rank) {
        const NaiveWays naive(snapshot, preference, rank, over_weak);
        for (std::uint32_t row = 0; row < snapshot.objects; ++row)
          if (expected[row] == NaiveWays::kNever) expected[row] = naive[row], needs_weak[row] = over_weak;
      }
    const ShortestWays ways(snapshot, preference);
    const Referrers referrers(snapshot);
    const Reachability reached = reach(snapshot);
    for (std::uint32_t row = 0; row < snapshot.objects; ++row) {
      const bool is_garbage = expected[row] == NaiveWays::kNever;
      const std::vector<NodeId> back = shortest_way_to({snapshot, referrers, reached}, ObjectId(row), preference);
      const std::vector<NodeId> forward = ways.way_to(ObjectId(row));
      EXPECT_EQ(forward.empty(), is_garbage);
      EXPECT_EQ(back.empty(), is_garbage);
      if (is_garbage) continue;
      EXPECT_EQ(back.size(), expected[row] + 1) << seed << " " << row;
      EXPECT_EQ(back.back(), NodeId(ObjectId(row)));
      if (needs_weak[row]) continue;  // of a tree, a way goes on from the best one to its last object but one
      EXPECT_EQ(preference.rank_of(forward.front().root()), preference.rank_of(back.front().root()))
          << seed << " " << row;
    }
  }
}

TEST(ShortestWays, WeighThePointersOfSmallObjectsOnly) {
  for (const std::uint32_t pointers : {WayPreference::kMostWeighed, WayPreference::kMostWeighed + 1}) {
    HeapBuilder heap;
    const auto end = heap.leaf(16), parent = heap.object(8 * pointers), between = heap.object(16);
    for (std::uint32_t i = 0; i < pointers; ++i) heap.edge(parent, 8 * i, end);
    heap.edge(between, 0, end);
    const RootId root = heap.root(RootKind::kGlobal, "main.v"), other = heap.root(RootKind::kGlobal, "main.w");
    const auto before = heap.object(16);
    heap.refer(root, parent).refer(other, before).edge(before, 0, between);
    const heap::Snapshot snapshot = heap.build();
    const WayPreference preference{.rank = {}, .weak = [&](ObjectId source, std::vector<bool>& weak) {
                                     weak.assign(pointers, true);
                                     return source == heap.id(parent);
                                   }};
    const bool is_weighed = pointers == WayPreference::kMostWeighed;
    EXPECT_EQ(ShortestWays(snapshot, preference).way_to(heap.id(end)).size(), is_weighed ? 4U : 3U);
    const Referrers referrers(snapshot);
    const Reachability reached = reach(snapshot);
    EXPECT_EQ(shortest_way_to({snapshot, referrers, reached}, heap.id(end), preference).size(), is_weighed ? 4U : 3U);
  }
}

}  // namespace
}  // namespace holdfast::graph
