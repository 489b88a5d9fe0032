#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "graph/in_edges.h"
#include "graph/random_graph_for_tests.h"
#include "graph/reachability.h"
#include "graph/shortest_paths.h"

namespace holdfast::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Computes distances from the roots by relaxing edges until nothing changes; 0 = not reachable, 1 = a root's target.
// Words that may be no pointer only lead to what the others do not reach.
std::vector<std::size_t> naive_distances(const heap::Snapshot& snapshot) {
  std::vector<std::size_t> distance(snapshot.objects);
  std::vector<bool> done(snapshot.objects);
  for (const bool conservative : {false, true}) {
    for (const heap::Root& root : snapshot.roots)
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t) {
        const std::uint32_t object = snapshot.root_targets[t].object.row;
        if (root.conservative == conservative && !done[object]) distance[object] = 1;
      }
    for (bool changed = true; changed;) {
      changed = false;
      for (std::uint32_t i = 0; i < snapshot.pointerful; ++i) {
        if (distance[i] == 0) continue;
        for (std::uint32_t e = snapshot.edges.row_begin[i]; e < snapshot.edges.row_begin[i + 1]; ++e) {
          const std::uint32_t target = snapshot.edges.target[e];
          std::size_t& there = distance[target];
          if (done[target] || (there != 0 && there <= distance[i] + 1)) continue;
          there = distance[i] + 1;
          changed = true;
        }
      }
    }
    for (std::uint32_t i = 0; i < snapshot.objects; ++i) done[i] = distance[i] != 0;
  }
  return distance;
}

TEST(ShortestPaths, AreRealAndAsShortAsCanBeOnRandomGraphs) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    const heap::Snapshot snapshot = random_snapshot(seed);
    const std::vector<std::size_t> distance = naive_distances(snapshot);
    ShortestPaths paths(snapshot);
    for (std::uint32_t i = 0; i < snapshot.objects; ++i) {
      const Path path = paths.path_to(ObjectId(i));
      ASSERT_EQ(path.steps.size(), distance[i]);
      if (path.steps.empty()) continue;
      ASSERT_FALSE(snapshot.roots[path.roots.front().row].parent);
      for (std::size_t r = 1; r < path.roots.size(); ++r)
        ASSERT_EQ(snapshot.roots[path.roots[r].row].parent, path.roots[r - 1]);
      const heap::Root& root = snapshot.roots[path.roots.back().row];
      ASSERT_LT(path.steps[0].edge - root.first_target, root.target_count);
      ASSERT_EQ(snapshot.root_targets[path.steps[0].edge].object, path.steps[0].object);
      for (std::size_t s = 1; s < path.steps.size(); ++s) {
        const std::uint32_t above = path.steps[s - 1].object.row;
        ASSERT_GE(path.steps[s].edge, snapshot.edges.row_begin[above]);
        ASSERT_LT(path.steps[s].edge, snapshot.edges.row_begin[above + 1]);
        ASSERT_EQ(snapshot.edges.target[path.steps[s].edge], path.steps[s].object.row);
      }
      ASSERT_EQ(path.steps.back().object, ObjectId(i));
    }
  }
}

TEST(ShortestPaths, DoNotDependOnWhatWasAskedBefore) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const heap::Snapshot snapshot = random_snapshot(seed);
    ShortestPaths upwards(snapshot);
    ShortestPaths downwards(snapshot);
    std::vector<NodeId> expected;
    for (std::uint32_t i = 0; i < snapshot.objects; ++i) expected.push_back(upwards.parent(ObjectId(i)));
    for (std::uint32_t i = snapshot.objects; i-- > 0;) ASSERT_EQ(downwards.parent(ObjectId(i)), expected[i]) << seed;
  }
}

TEST(ShortestPaths, TakeTheFirstOfEquallyShortOnes) {
  SnapshotBuilder builder(3, 1);
  builder.edge(0, 3).edge(1, 3).edge(1, 3).edge(2, 0);
  const RootId first = builder.root();
  const RootId second = builder.root();
  builder.refer(first, 1).refer(first, 0).refer(second, 0);
  const heap::Snapshot snapshot = builder.build();
  const Path path = ShortestPaths(snapshot).path_to(ObjectId(3));
  EXPECT_THAT(path.roots, ElementsAre(first));
  ASSERT_EQ(path.steps.size(), 2);
  EXPECT_EQ(path.steps[0].object, ObjectId(1));
  EXPECT_EQ(path.steps[1].edge, 1);  // the first of the two edges of object 1
  EXPECT_THAT(ShortestPaths(snapshot).path_to(ObjectId(2)).steps, IsEmpty());
}

TEST(ShortestPaths, StartOnlyFromTheRootsThatCount) {
  SnapshotBuilder builder(2, 0);
  const RootId guess = builder.root({}, true);
  const RootId sure = builder.root();
  builder.edge(1, 0).refer(guess, 0).refer(sure, 1);
  const heap::Snapshot snapshot = builder.build();
  ShortestPaths paths(snapshot, [&](RootId root) { return root != guess; });
  EXPECT_THAT(paths.path_to(ObjectId(0)).roots, ElementsAre(sure));
  EXPECT_EQ(ShortestPaths(snapshot).parent(ObjectId(0)), NodeId(ObjectId(1))) << "a guess is no way where another is";
}

// A variable holds the object at the end of a list, and a finalizer refers to it directly; only the finalizer holds
// another.
TEST(ShortestPaths, LeadFromFinalizersOnlyToWhatNothingElseHolds) {
  SnapshotBuilder builder(4, 0);
  const RootId finalizer = builder.root();
  const RootId variable = builder.root();
  builder.edge(0, 1).edge(1, 2).refer(finalizer, 2).refer(finalizer, 3).refer(variable, 0);
  heap::Snapshot snapshot = builder.build();
  for (const auto kind : {heap::RootKind::kFinalizer, heap::RootKind::kFinalizerQueue, heap::RootKind::kCleanup,
                          heap::RootKind::kCleanupQueue, heap::RootKind::kSpecial, heap::RootKind::kThread}) {
    snapshot.roots[finalizer.row].kind = kind;
    ShortestPaths paths(snapshot);
    EXPECT_THAT(paths.path_to(ObjectId(2)).roots, ElementsAre(variable));
    EXPECT_EQ(paths.path_to(ObjectId(2)).steps.size(), 3U);
    EXPECT_THAT(paths.path_to(ObjectId(3)).roots, ElementsAre(finalizer));
  }
}

TEST(InEdges, AreAllReferencesToTheWantedObjects) {
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    SCOPED_TRACE(seed);
    const heap::Snapshot snapshot = random_snapshot(seed);
    std::vector<ObjectId> wanted;
    for (std::uint32_t i = 0; i < snapshot.objects; ++i)
      if ((seed >> (i % 7) & 1) != 0) wanted.emplace_back(i);
    std::vector<InEdge> expected;
    for (const ObjectId object : wanted) {
      for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
        for (std::uint32_t t = 0; t < snapshot.roots[r].target_count; ++t)
          if (snapshot.root_targets[snapshot.roots[r].first_target + t].object == object)
            expected.push_back({object, RootId(r), snapshot.roots[r].first_target + t});
      for (std::uint32_t i = 0; i < snapshot.pointerful; ++i)
        for (std::uint32_t e = snapshot.edges.row_begin[i]; e < snapshot.edges.row_begin[i + 1]; ++e)
          if (snapshot.edges.target[e] == object.row) expected.push_back({object, ObjectId(i), e});
    }
    const std::vector<InEdge> found = in_edges(snapshot, wanted);
    ASSERT_EQ(found.size(), expected.size());
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].target, expected[i].target);
      ASSERT_EQ(found[i].source, expected[i].source);
      ASSERT_EQ(found[i].edge, expected[i].edge);
    }
  }
}

TEST(InEdges, NameSourcesWithManyEmptyRowsBetween) {
  SnapshotBuilder builder(20'000, 1);
  for (std::uint32_t i = 0; i < 20'000; i += 1000) builder.edge(i, 20'000);
  const heap::Snapshot snapshot = builder.build();
  const std::vector<ObjectId> wanted = {ObjectId(20'000)};
  const std::vector<InEdge> found = in_edges(snapshot, wanted);
  ASSERT_EQ(found.size(), 20);
  for (std::uint32_t i = 0; i < 20; ++i) EXPECT_EQ(found[i].source, NodeId(ObjectId(i * 1000)));
}

}  // namespace
}  // namespace holdfast::graph
