#include "graph/reachability.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "graph/object_sizes.h"
#include "graph/random_graph_for_tests.h"
#include "graph/shortest_ways.h"

namespace holdfast::graph {
namespace {

std::set<std::uint32_t> naive_reach(const heap::Snapshot& snapshot, const ReachOptions& options) {
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> work;
  const auto enter_from = [&](NodeId from, std::uint32_t object) {
    if (std::ranges::count(options.without_pointers, std::pair(from, ObjectId(object))) > 0) return;
    const bool gone =
        std::find(options.without.begin(), options.without.end(), ObjectId(object)) != options.without.end();
    if (!gone && seen.insert(object).second) work.push_back(object);
  };
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
    if (options.use_root && !options.use_root(RootId(r))) continue;
    for (std::uint32_t t = 0; t < snapshot.roots[r].target_count; ++t)
      enter_from(RootId(r), snapshot.root_targets[snapshot.roots[r].first_target + t].object.row);
  }
  while (!work.empty()) {
    const std::uint32_t object = work.back();
    work.pop_back();
    if (object >= snapshot.pointerful) continue;
    for (const std::uint32_t e : snapshot.edges.of(object)) enter_from(ObjectId(object), snapshot.edges.target[e]);
  }
  return seen;
}

void expect_same(const heap::Snapshot& snapshot, const ReachOptions& options) {
  const Reachability found = reach(snapshot, options);
  const std::set<std::uint32_t> expected = naive_reach(snapshot, options);
  const ObjectSizes sizes(snapshot);
  std::uint64_t bytes = 0;
  for (const std::uint32_t object : expected) bytes += sizes.size_of(ObjectId(object));
  for (std::uint32_t i = 0; i < snapshot.objects; ++i)
    ASSERT_EQ(found.contains(ObjectId(i)), expected.contains(i)) << i;
  ASSERT_EQ(found.objects, expected.size());
  ASSERT_EQ(found.bytes, bytes);
}

TEST(Reachability, AgreesWithASearchOverSetsOnRandomGraphs) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    expect_same(random_snapshot(seed), {});
  }
}

TEST(Reachability, LeavesOutRootsAndObjects) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    const heap::Snapshot snapshot = random_snapshot(seed);
    expect_same(snapshot, {.use_root = [&](RootId root) { return !snapshot.roots[root.row].conservative; }});
    if (snapshot.objects == 0) continue;
    const auto gone = static_cast<std::uint32_t>(seed * 7 % snapshot.objects);
    expect_same(snapshot, {.without = {ObjectId(gone), ObjectId(snapshot.objects - 1), ObjectId(gone)}});
  }
}

TEST(Reachability, LeavesOutPointersAndSoDoShortestWays) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    const heap::Snapshot snapshot = random_snapshot(seed);
    std::mt19937_64 random(seed);
    ReachOptions options;
    for (std::uint32_t source = 0; source < snapshot.pointerful; ++source)
      for (const std::uint32_t e : snapshot.edges.of(source))
        if (random() % 3 == 0)
          options.without_pointers.emplace_back(ObjectId(source), ObjectId(snapshot.edges.target[e]));
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
      for (std::uint32_t t = 0; t < snapshot.roots[r].target_count; ++t)
        if (random() % 3 == 0)
          options.without_pointers.emplace_back(RootId(r),
                                                snapshot.root_targets[snapshot.roots[r].first_target + t].object);
    std::ranges::sort(options.without_pointers);
    expect_same(snapshot, options);
    const Reachability reached = reach(snapshot, options);
    const ShortestWays ways(snapshot, {}, options);
    for (std::uint32_t i = 0; i < snapshot.objects; ++i)
      ASSERT_EQ(reached.contains(ObjectId(i)), !ways.way_to(ObjectId(i)).empty()) << i;
  }
}

TEST(Reachability, CountsBitsOverManyWords) {
  constexpr std::uint32_t kObjects = 100'000;
  SnapshotBuilder builder(kObjects, kObjects, 32);
  for (std::uint32_t i = 0; i + 3 < kObjects; ++i) builder.edge(i, i + 3).edge(i, kObjects + i);
  builder.resize(70, 64).resize(kObjects + 70, 64).refer(builder.root(), 1);
  expect_same(builder.build(), {});
}

}  // namespace
}  // namespace holdfast::graph
