#include "graph/group_sizes.h"

#include <gmock/gmock.h>

#include <random>

#include "graph/object_sizes.h"
#include "graph/random_graph_for_tests.h"
#include "graph/reachability.h"

namespace holdfast::graph {
namespace {

using ::testing::ElementsAre;

constexpr std::uint32_t kNone = RootGroups::kNone;

TEST(GroupSizes, CountsApartWhatOneGroupAloneReaches) {
  SnapshotBuilder heap(4, 1, 16);
  heap.resize(1, 32).resize(2, 64).resize(3, 128).resize(4, 256);
  heap.refer(heap.root(), 0).refer(heap.root(), 1).refer(heap.root(), 2).refer(heap.root(), 3);
  heap.edge(0, 2).edge(1, 4).edge(3, 4);
  // 2 is everybody's, 4 is of both groups.
  const auto sizes = group_sizes(heap.build(), {2, {0, 0, kNone, 1}, {}});
  EXPECT_THAT(sizes, ElementsAre(GroupSizes{16 + 32, 64 + 256}, GroupSizes{128, 256}));
}

TEST(GroupSizes, NobodyElseReachesAnythingThroughARecord) {
  SnapshotBuilder heap(3, 1, 16);
  heap.resize(1, 64).resize(2, 32).resize(3, 128);
  heap.refer(heap.root(), 0);
  heap.edge(0, 1).edge(1, 2).edge(2, 3);  // a list of records leads to 1, which holds 2 and 3
  EXPECT_THAT(group_sizes(heap.build(), {1, {kNone}, {{ObjectId(1), 0}}}), ElementsAre(GroupSizes{32 + 128, 0}));
  EXPECT_THAT(group_sizes(heap.build(), {1, {kNone}, {}}), ElementsAre(GroupSizes{0, 0}));
}

TEST(GroupSizes, ManyGroupsShareOneObject) {
  SnapshotBuilder heap(0, 1, 16);
  RootGroups groups{200, {}, {}};
  for (std::uint32_t g = 0; g < groups.count; ++g) {
    heap.refer(heap.root(), 0);
    groups.of_root.push_back(g);
  }
  EXPECT_THAT(group_sizes(heap.build(), groups), ::testing::Each(GroupSizes{0, 16}));
}

// Returns the bits of what those roots and records reach.
HugeArray<std::uint64_t> reached_by(const heap::Snapshot& snapshot, const RootGroups& groups,
                                    const std::function<bool(std::uint32_t)>& counts) {
  heap::Snapshot with;
  with.pointerful = snapshot.pointerful;
  with.objects = snapshot.objects;
  with.spans = snapshot.spans;
  with.edges.row_begin = HugeArray<std::uint32_t>(snapshot.edges.row_begin.size());
  std::copy(snapshot.edges.row_begin.begin(), snapshot.edges.row_begin.end(), with.edges.row_begin.begin());
  with.edges.target = HugeArray<std::uint32_t>(snapshot.edges.target.size());
  std::copy(snapshot.edges.target.begin(), snapshot.edges.target.end(), with.edges.target.begin());
  std::vector<ObjectId> without;
  const auto add = [&](ObjectId object) {
    heap::Root root;
    root.first_target = static_cast<std::uint32_t>(with.root_targets.size());
    root.target_count = 1;
    with.roots.push_back(root);
    with.root_targets.push_back({object, 0});
  };
  for (std::size_t r = 0; r < snapshot.roots.size(); ++r)
    for (std::uint32_t i = 0; counts(groups.of_root[r]) && i < snapshot.roots[r].target_count; ++i)
      add(snapshot.root_targets[snapshot.roots[r].first_target + i].object);
  for (const auto& [record, group] : groups.records) {
    without.push_back(record);
    if (record.row >= snapshot.pointerful || !counts(group)) continue;
    for (const std::uint32_t e : snapshot.edges.of(record.row)) add(ObjectId(snapshot.edges.target[e]));
  }
  return reach(with, {.use_root = {}, .without = without}).bits;
}

TEST(GroupSizes, AreWhatReachingWithoutEachGroupGives) {
  for (std::uint64_t seed = 0; seed < 600; ++seed) {
    const heap::Snapshot snapshot = random_snapshot(seed);
    std::mt19937_64 random(seed + 1000);
    RootGroups groups{3, {}, {}};
    const auto any = [&] { return random() % 4 == 3 ? kNone : static_cast<std::uint32_t>(random() % 3); };
    for (std::size_t r = 0; r < snapshot.roots.size(); ++r) groups.of_root.push_back(any());
    for (std::uint32_t o = 0; o < snapshot.objects; ++o)
      if (random() % 8 == 0) groups.records.emplace_back(ObjectId(o), static_cast<std::uint32_t>(random() % 3));
    const ObjectSizes sizes(snapshot);
    const auto got = group_sizes(snapshot, groups);
    for (std::uint32_t g = 0; g < groups.count; ++g) {
      const auto own = reached_by(snapshot, groups, [&](std::uint32_t group) { return group == g; });
      const auto others = reached_by(snapshot, groups, [&](std::uint32_t group) { return group != g; });
      GroupSizes wanted;
      for (std::uint32_t o = 0; o < snapshot.objects; ++o)
        if (heap::test_bit(own, o))
          (heap::test_bit(others, o) ? wanted.shared : wanted.exclusive) += sizes.size_of(ObjectId(o));
      ASSERT_EQ(got[g], wanted) << "seed " << seed << ", group " << g;
    }
  }
}

}  // namespace
}  // namespace holdfast::graph
