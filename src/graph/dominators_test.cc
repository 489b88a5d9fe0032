#include "graph/dominators.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "graph/dominator_tree.h"
#include "graph/random_graph_for_tests.h"

namespace holdfast::graph {
namespace {

// All nodes of a snapshot, numbered 0 .. n-1 (objects, roots, super root), with all edges. It finds dominators by their
// definition: it takes a node out and sees what is no longer reached.
class Naive {
 public:
  explicit Naive(const heap::Snapshot& snapshot) : snapshot_(snapshot), objects_(snapshot.objects) {
    edges_.resize(objects_ + snapshot.roots.size() + 1);
    for (std::uint32_t i = 0; i < snapshot.pointerful; ++i)
      for (const std::uint32_t e : snapshot.edges.of(i)) edges_[i].push_back(snapshot.edges.target[e]);
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
      const heap::Root& root = snapshot.roots[r];
      edges_[root.parent ? objects_ + root.parent.row : edges_.size() - 1].push_back(objects_ + r);
      for (std::uint32_t t = 0; t < root.target_count; ++t)
        edges_[objects_ + r].push_back(snapshot.root_targets[root.first_target + t].object.row);
    }
    reached_ = reach_without(edges_.size());
    for (std::size_t node = 0; node < edges_.size(); ++node) lost_.push_back(reach_without(node));
  }

  std::size_t count() const { return edges_.size(); }
  NodeId node(std::size_t i) const {
    if (i < objects_) return ObjectId(static_cast<std::uint32_t>(i));
    return i + 1 < edges_.size() ? NodeId(RootId(static_cast<std::uint32_t>(i - objects_))) : NodeId::super_root();
  }
  bool dominates(std::size_t a, std::size_t b) const { return reached_[b] && (a == b || !lost_[a][b]); }
  NodeId idom(std::size_t b) const {
    NodeId nearest;
    std::size_t most = 0;
    for (std::size_t a = 0; a < count(); ++a) {
      if (a == b || !dominates(a, b)) continue;
      const std::size_t above = 1 + dominator_count(a);  // the nearest one is dominated by all others
      if (above > most) nearest = node(a);
      most = std::max(most, above);
    }
    return nearest;
  }
  std::uint64_t retained_bytes(std::size_t a) const {
    std::uint64_t bytes = 0;
    const ObjectSizes sizes(snapshot_);
    for (std::uint32_t i = 0; i < objects_; ++i)
      if (dominates(a, i)) bytes += sizes.size_of(ObjectId(i));
    return bytes;
  }
  std::uint32_t retained_count(std::size_t a) const {
    std::uint32_t count = 0;
    for (std::uint32_t i = 0; i < objects_; ++i) count += dominates(a, i) ? 1 : 0;
    return count;
  }

 private:
  std::size_t dominator_count(std::size_t b) const {
    std::size_t count = 0;
    for (std::size_t a = 0; a < edges_.size(); ++a) count += dominates(a, b) ? 1 : 0;
    return count;
  }
  std::vector<bool> reach_without(std::size_t gone) const {
    std::vector<bool> seen(edges_.size());
    std::vector<std::size_t> work;
    const auto enter = [&](std::size_t node) {
      if (node == gone || seen[node]) return;
      seen[node] = true;
      work.push_back(node);
    };
    enter(edges_.size() - 1);
    while (!work.empty()) {
      const std::size_t node = work.back();
      work.pop_back();
      for (const std::size_t next : edges_[node]) enter(next);
    }
    return seen;
  }

  const heap::Snapshot& snapshot_;
  std::uint32_t objects_;
  std::vector<std::vector<std::size_t>> edges_;
  std::vector<bool> reached_;
  std::vector<std::vector<bool>> lost_;  // [node taken out][node]: what is reached without it
};

TEST(Dominators, AgreeWithTakingNodesOutOnRandomGraphs) {
  for (std::uint64_t seed = 0; seed < 3000; ++seed) {
    const heap::Snapshot snapshot = random_snapshot(seed);
    const Dominators found = dominators(snapshot);
    const Naive naive(snapshot);
    for (std::size_t i = 0; i < naive.count(); ++i) {
      const NodeId node = naive.node(i);
      ASSERT_EQ(found.idom(node), naive.idom(i)) << "seed " << seed << " node " << i;
      ASSERT_EQ(found.retained_bytes(node), naive.retained_bytes(i)) << "seed " << seed << " node " << i;
      ASSERT_EQ(found.retained_count(node), naive.retained_count(i)) << "seed " << seed << " node " << i;
    }
  }
}

TEST(Dominators, AreThereForWhatTheRootsReach) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const heap::Snapshot snapshot = random_snapshot(seed);
    const Reachability expected = reach(snapshot);
    const Reachability found = reachability(dominators(snapshot));
    ASSERT_THAT(found.bits.span(), ::testing::ElementsAreArray(expected.bits.span())) << "seed " << seed;
    ASSERT_EQ(found.objects, expected.objects);
    ASSERT_EQ(found.bytes, expected.bytes);
  }
}

TEST(Dominators, TreeListsEveryReachedNodeUnderItsDominatorOnce) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const heap::Snapshot snapshot = random_snapshot(seed);
    const Dominators found = dominators(snapshot);
    const DominatorTree tree(found);
    const Naive naive(snapshot);
    for (std::size_t i = 0; i < naive.count(); ++i) {
      const NodeId above = naive.node(i);
      std::vector<NodeId> expected;
      for (std::size_t k = 0; k < naive.count(); ++k)
        if (naive.idom(k) == above) expected.push_back(naive.node(k));
      std::vector<NodeId> listed;
      tree.for_each_child(above, [&](NodeId child) { listed.push_back(child); });
      ASSERT_THAT(listed, ::testing::UnorderedElementsAreArray(expected)) << "seed " << seed << " node " << i;
    }
  }
}

bool same_columns(const Dominators& a, const Dominators& b) {
  const auto equal = [](const auto& x, const auto& y) { return std::equal(x.begin(), x.end(), y.begin(), y.end()); };
  return equal(a.columns().idom, b.columns().idom) && equal(a.columns().held, b.columns().held);
}

TEST(Dominators, AreTheSameOnOneThreadAndOnMany) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const heap::Snapshot snapshot = random_snapshot(seed);
    set_thread_limit(1);
    const Dominators one = dominators(snapshot);
    set_thread_limit(5);
    const Dominators many = dominators(snapshot);
    set_thread_limit(0);
    ASSERT_TRUE(same_columns(one, many)) << "seed " << seed;
  }
}

TEST(Dominators, OfALargeGraphAreTheSameOnOneThreadAndOnMany) {
  std::mt19937_64 random(7);
  constexpr std::uint32_t kPointerful = 60'000;
  SnapshotBuilder builder(kPointerful, kPointerful);
  for (std::uint32_t i = 0; i < 3 * kPointerful; ++i)
    builder.edge(static_cast<std::uint32_t>(random() % kPointerful),
                 static_cast<std::uint32_t>(random() % (std::uint64_t{2} * kPointerful)));
  for (std::uint32_t i = 0; i < kPointerful; i += 100) builder.refer(builder.root(), i);
  const heap::Snapshot snapshot = builder.build();
  set_thread_limit(1);
  const Dominators one = dominators(snapshot);
  set_thread_limit(5);
  const Dominators many = dominators(snapshot);
  set_thread_limit(0);
  EXPECT_TRUE(same_columns(one, many));
}

TEST(Dominators, OfASharedObjectIsTheNodeThatHoldsAllItsHolders) {
  // cache -> 0 -> {1, 2} -> 3 (leaf); a goroutine's frames are nodes, too.
  SnapshotBuilder builder(3, 2);
  builder.edge(0, 1).edge(0, 2).edge(1, 3).edge(2, 3).resize(3, 1024).resize(4, 4096);
  const RootId cache = builder.root();
  const RootId goroutine = builder.root();
  const RootId frame = builder.root(goroutine);
  const RootId caller = builder.root(goroutine);
  builder.refer(cache, 0).refer(frame, 4).refer(caller, 4);
  const heap::Snapshot snapshot = builder.build();
  const Dominators found = dominators(snapshot);
  EXPECT_EQ(found.idom(ObjectId(3)), NodeId(ObjectId(0)));
  EXPECT_EQ(found.retained_bytes(ObjectId(0)), 3 * 16 + 1024);
  EXPECT_EQ(found.retained_bytes(ObjectId(1)), 16);
  EXPECT_EQ(found.retained_bytes(cache), 3 * 16 + 1024);
  EXPECT_EQ(found.idom(ObjectId(4)), NodeId(goroutine));
  EXPECT_EQ(found.retained_bytes(frame), 0);
  EXPECT_EQ(found.retained_bytes(goroutine), 4096);
  EXPECT_EQ(found.retained_count(NodeId::super_root()), 5);
  EXPECT_EQ(found.idom(goroutine), NodeId::super_root());
  EXPECT_EQ(found.retained_bytes(NodeId::super_root()), 3 * 16 + 1024 + 4096);
}

TEST(Dominators, CountBytesBeyondThirtyTwoBitsOfWords) {
  constexpr std::uint64_t kHuge = std::uint64_t{3} << 36;
  SnapshotBuilder builder(2, 1);
  builder.edge(0, 1).edge(1, 2).resize(0, kHuge).resize(1, 64).resize(2, kHuge);
  builder.refer(builder.root(), 0);
  const heap::Snapshot snapshot = builder.build();
  const Dominators found = dominators(snapshot);
  EXPECT_EQ(found.retained_bytes(ObjectId(0)), 2 * kHuge + 64);
  EXPECT_EQ(found.retained_bytes(ObjectId(1)), kHuge + 64);
  EXPECT_EQ(found.retained_bytes(ObjectId(2)), kHuge);
  EXPECT_EQ(found.retained_bytes(NodeId::super_root()), 2 * kHuge + 64);
}

TEST(Dominators, OfALargeObjectThatHoldsNothingLeaveItsNeighboursAlone) {
  constexpr std::uint64_t kLarge = 32 << 20;
  SnapshotBuilder builder(3, 0);
  builder.edge(0, 1).edge(0, 2).resize(0, 64).resize(1, kLarge).resize(2, 128);
  builder.refer(builder.root(), 0);
  const heap::Snapshot snapshot = builder.build();
  const Dominators found = dominators(snapshot);
  EXPECT_EQ(found.retained_bytes(ObjectId(1)), kLarge);
  EXPECT_EQ(found.retained_bytes(ObjectId(2)), 128);
  EXPECT_EQ(found.retained_bytes(RootId(0)), kLarge + 64 + 128);
  EXPECT_EQ(found.retained_count(RootId(0)), 3);
}

TEST(Dominators, OfALongListTakeTwelveBytesAnObjectAndTheirTree) {
  constexpr std::uint32_t kLength = 100'000;
  SnapshotBuilder builder(kLength, 0);
  for (std::uint32_t i = 0; i + 1 < kLength; ++i) builder.edge(i, i + 1);
  builder.refer(builder.root(), 0);
  const heap::Snapshot snapshot = builder.build();
  const Dominators found = dominators(snapshot);
  for (const std::uint32_t i : {0U, 1U, 5'000U, kLength / 2, kLength - 4'096, kLength - 4'095, kLength - 1})
    EXPECT_EQ(found.retained_count(ObjectId(i)), kLength - i);
  EXPECT_LT(found.own_bytes(), kLength * std::uint64_t{4 + 12 + 1});
}

TEST(Dominators, OfAnEmptyHeapAreNone) {
  const heap::Snapshot snapshot = SnapshotBuilder(0, 0).build();
  const Dominators found = dominators(snapshot);
  EXPECT_EQ(found.retained_bytes(NodeId::super_root()), 0);
  EXPECT_FALSE(found.idom(NodeId::super_root()));
  DominatorTree(found).for_each_child(NodeId::super_root(), [](NodeId) { ADD_FAILURE(); });
}

// A list of `length` whose items a table holds as well: the shape on which the plain climb is quadratic (hours here).
heap::Snapshot list_with_shared_items(std::uint32_t length, bool leaf_items) {
  const std::uint32_t table = 2 * length;
  SnapshotBuilder builder(leaf_items ? length + 1 : 2 * length + 1, leaf_items ? length : 0);
  const std::uint32_t first_item = leaf_items ? length + 1 : length;
  const std::uint32_t holder = leaf_items ? length : table;
  for (std::uint32_t i = 0; i < length; ++i) {
    if (i + 1 < length) builder.edge(i, i + 1);
    builder.edge(i, first_item + i).edge(holder, first_item + i);
  }
  builder.refer(builder.root(), 0).refer(RootId(0), holder);
  return builder.build();
}

TEST(Dominators, OfALongListWithSharedItemsTakeNoQuadraticTime) {
  for (const bool leaf_items : {true, false}) {
    constexpr std::uint32_t kLength = 400'000;
    const heap::Snapshot snapshot = list_with_shared_items(kLength, leaf_items);
    const Dominators found = dominators(snapshot);
    const std::uint32_t first_item = leaf_items ? kLength + 1 : kLength;
    for (const std::uint32_t i : {0U, 1U, kLength / 2, kLength - 1})
      EXPECT_EQ(found.idom(ObjectId(first_item + i)), NodeId(RootId(0)));
    EXPECT_EQ(found.retained_count(ObjectId(0)), kLength);
    EXPECT_EQ(found.retained_count(ObjectId(kLength - 1)), 1);
  }
}

TEST(Dominators, OfADeepListNeedNoDeepStack) {
  constexpr std::uint32_t kLength = 2'000'000;
  SnapshotBuilder builder(kLength, 0);
  for (std::uint32_t i = 0; i + 1 < kLength; ++i) builder.edge(i, i + 1);
  builder.edge(kLength - 1, 0).refer(builder.root(), 0);
  const heap::Snapshot snapshot = builder.build();
  const Dominators found = dominators(snapshot);
  EXPECT_EQ(found.idom(ObjectId(kLength - 1)), NodeId(ObjectId(kLength - 2)));
  EXPECT_EQ(found.retained_bytes(ObjectId(kLength / 2)), 16 * std::uint64_t{kLength / 2});
}

TEST(Dominators, OfAStarAreItsCentre) {
  constexpr std::uint32_t kRays = 1'000'000;
  SnapshotBuilder builder(kRays + 1, 0);
  for (std::uint32_t i = 1; i <= kRays; ++i) builder.edge(0, i).edge(i, 0).edge(i, i % kRays + 1);
  builder.refer(builder.root(), 0);
  const heap::Snapshot snapshot = builder.build();
  const Dominators found = dominators(snapshot);
  const DominatorTree tree(found);
  EXPECT_EQ(tree.children(0).size(), kRays);
  EXPECT_EQ(found.retained_count(ObjectId(kRays)), 1);
  EXPECT_EQ(found.retained_count(RootId(0)), kRays + 1);
}

TEST(Dominators, RefuseSpansThatDoNotNumberTheObjects) {
  heap::Snapshot snapshot = SnapshotBuilder(2, 1).build();
  snapshot.spans.back().first_object = 1;
  EXPECT_THROW(dominators(snapshot), Error);
}

TEST(Dominators, RefuseARootThatComesBeforeItsParent) {
  SnapshotBuilder builder(1, 0);
  builder.root();
  builder.root();
  heap::Snapshot snapshot = builder.build();
  snapshot.roots[0].parent = RootId(1);
  EXPECT_THROW(dominators(snapshot), Error);
}

}  // namespace
}  // namespace holdfast::graph
