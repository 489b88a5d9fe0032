#include "view/goroutine_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "base/error.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using ::testing::SizeIs;

// A random heap with groups of goroutines and variables, and who reaches what in it, found one by one.
class RandomShares {
 public:
  static constexpr int kGroups = 4, kVariables = 2;

  explicit RandomShares(std::uint64_t seed) : random_(seed) {
    const std::uint64_t count = 4 + below(30);
    for (std::uint64_t i = 0; i < count; ++i) objects_.push_back(heap_.object(16 + 16 * below(4)));
    for (std::uint64_t e = below(2 * count); e > 0; --e) {
      const std::uint64_t from = below(count), to = below(count);
      heap_.edge(objects_[from], 8 * below(2), objects_[to]);
      edges_.emplace(from, to);
    }
    for (int g = 0; g < kGroups; ++g) add_group(g);
    for (int v = 0; v < kVariables; ++v)
      hold(heap_.root(heap::RootKind::kGlobal, "main.v" + std::to_string(v)), kGroups + v, next_++);
    for (const auto& object : objects_) ids_.push_back(heap_.id(object));
    snapshot = heap_.build();
  }

  heap::Snapshot snapshot;

  // Sums as SharingGroup has them, by group, and what no goroutine reaches.
  std::vector<SharingGroup> sums(std::uint64_t& no_goroutine) const {
    std::vector<SharingGroup> out(kGroups);
    const heap::ObjectIndex index(snapshot);
    no_goroutine = 0;
    for (std::size_t o = 0; o < objects_.size(); ++o) {
      std::set<int> holders, owners;
      for (const auto& [holder, from] : held_)
        if (reach(from.second).contains(o)) holders.insert(holder), owners.insert(from.first);
      const std::uint64_t bytes = index.size_of(ids_[o]);
      const auto last_group = owners.lower_bound(kGroups);
      const bool with_others = last_group != owners.end();
      if (last_group == owners.begin() && with_others) no_goroutine += bytes;
      for (auto group = owners.begin(); group != last_group; ++group) {
        SharingGroup& sum = out[static_cast<std::size_t>(*group)];
        (with_others          ? sum.with_others
         : owners.size() > 1  ? sum.with_goroutines
         : holders.size() > 1 ? sum.together
                              : sum.alone) += bytes;
      }
    }
    return out;
  }

  // The same by goroutine, each for itself.
  std::map<std::uint64_t, SharingGroup> sums_of_each() const {
    std::map<std::uint64_t, SharingGroup> out;
    const heap::ObjectIndex index(snapshot);
    for (const auto& [holder, from] : held_)
      if (from.first < kGroups) out[static_cast<std::uint64_t>(holder) + 1];
    for (std::size_t o = 0; o < objects_.size(); ++o) {
      std::set<std::uint64_t> goids;
      bool with_others = false;
      for (const auto& [holder, from] : held_) {
        if (!reach(from.second).contains(o)) continue;
        if (from.first < kGroups)
          goids.insert(static_cast<std::uint64_t>(holder) + 1);
        else
          with_others = true;
      }
      for (const std::uint64_t goid : goids)
        (with_others        ? out[goid].with_others
         : goids.size() > 1 ? out[goid].with_goroutines
                            : out[goid].alone) += index.size_of(ids_[o]);
    }
    return out;
  }

 private:
  std::uint64_t below(std::uint64_t n) { return random_() % n; }

  void add_group(int g) {
    const std::string function = "main.g" + std::to_string(g);
    const std::uint64_t members = 1 + below(3);
    const RootId group = members > 1 ? heap_.group(WaitReason::kChanSend, function) : RootId();
    for (std::uint64_t m = 0; m < members; ++m) {
      const RootId goroutine = heap_.root(heap::RootKind::kGoroutine, "", group);
      heap_.goroutine(static_cast<std::uint64_t>(next_) + 1, heap::GoroutineState::kWaiting, WaitReason::kChanSend,
                      goroutine, {function});
      hold(heap_.root(heap::RootKind::kFrame, function, goroutine), g, next_++);
    }
  }
  void hold(RootId root, int owner, int holder) {
    std::set<std::uint64_t>& from = held_[holder].second;
    held_[holder].first = owner;
    for (std::uint64_t k = 1 + below(3); k > 0; --k) {
      const std::uint64_t object = below(objects_.size());
      heap_.refer(root, objects_[object]);
      from.insert(object);
    }
  }
  std::set<std::uint64_t> reach(const std::set<std::uint64_t>& from) const {
    std::set<std::uint64_t> seen = from;
    std::vector<std::uint64_t> work(from.begin(), from.end());
    while (!work.empty()) {
      const std::uint64_t at = work.back();
      work.pop_back();
      for (auto edge = edges_.lower_bound({at, 0}); edge != edges_.end() && edge->first == at; ++edge)
        if (seen.insert(edge->second).second) work.push_back(edge->second);
    }
    return seen;
  }

  std::mt19937_64 random_;
  HeapBuilder heap_;
  std::vector<HeapBuilder::Handle> objects_;
  std::vector<ObjectId> ids_;
  std::set<std::pair<std::uint64_t, std::uint64_t>> edges_;
  std::map<int, std::pair<int, std::set<std::uint64_t>>> held_;  // by goroutine or variable: its owner, its objects
  int next_ = 0;
};

GoroutineShares shares_of(const heap::Snapshot& snapshot) {
  const heap::ObjectIndex index(snapshot);
  const Names names(snapshot, index);
  return goroutine_shares(names, graph::dominators(snapshot), graph::reach(snapshot));
}

class SharesOnRandomHeaps : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(SharesOnRandomHeaps, AreWhatIsReachedOneByOne) {
  const RandomShares random(GetParam());
  const GoroutineShares shares = shares_of(random.snapshot);
  std::uint64_t no_goroutine = 0;
  const std::vector<SharingGroup> expected = random.sums(no_goroutine);
  ASSERT_THAT(shares.groups, SizeIs(expected.size()));
  EXPECT_EQ(shares.no_goroutine, no_goroutine);
  std::uint64_t sum = shares.no_goroutine;
  for (const SharingGroup& group : shares.groups) {
    const auto number = static_cast<std::size_t>(group.who.full[group.who.full.find("main.g") + 6] - '0');
    SCOPED_TRACE(group.who.full);
    EXPECT_EQ(group.alone, expected[number].alone);
    EXPECT_EQ(group.together, expected[number].together);
    EXPECT_EQ(group.with_goroutines, expected[number].with_goroutines);
    EXPECT_EQ(group.with_others, expected[number].with_others);
    sum += group.alone + group.together;
  }
  for (const SharedBySet& set : shares.sets) {
    EXPECT_GT(set.groups.size() + set.others.size(), 1U);
    EXPECT_FALSE(set.groups.empty());
    EXPECT_FALSE(set.largest.empty());
    sum += set.bytes;
  }
  EXPECT_EQ(sum, shares.live_bytes);
}

// Shares of a heap whose root forest is made for the question.
GoroutineShares shares_apart(heap::Snapshot& snapshot, const ShareOptions& options) {
  snapshot.roots = forest_with_single(snapshot, options);
  const heap::ObjectIndex index(snapshot);
  const Names names(snapshot, index);
  return goroutine_shares(names, graph::dominators(snapshot), graph::reach(snapshot), options);
}

TEST_P(SharesOnRandomHeaps, AreOfEachGoroutineIfAsked) {
  RandomShares random(GetParam());
  const std::map<std::uint64_t, SharingGroup> expected = random.sums_of_each();
  const GoroutineShares shares = shares_apart(random.snapshot, {.each = true, .goid = {}});
  ASSERT_THAT(shares.groups, SizeIs(expected.size()));
  for (const SharingGroup& group : shares.groups) {
    SCOPED_TRACE(group.who.full);
    EXPECT_EQ(group.goroutines, 1U);
    const SharingGroup& wanted = expected.at(group.goid);
    EXPECT_EQ(group.alone, wanted.alone);
    EXPECT_EQ(group.together, 0U);
    EXPECT_EQ(group.with_goroutines, wanted.with_goroutines);
    EXPECT_EQ(group.with_others, wanted.with_others);
  }
}

TEST_P(SharesOnRandomHeaps, AreOfOneGoroutineIfAsked) {
  RandomShares random(GetParam());
  const auto expected = random.sums_of_each();
  const std::uint64_t goid = expected.rbegin()->first;
  const GoroutineShares shares = shares_apart(random.snapshot, {.each = false, .goid = goid});
  ASSERT_TRUE(shares.one);
  const SharingGroup& one = shares.groups[*shares.one];
  EXPECT_EQ(one.goid, goid);
  EXPECT_EQ(one.alone, expected.at(goid).alone);
  EXPECT_EQ(one.with_goroutines, expected.at(goid).with_goroutines);
  EXPECT_EQ(one.with_others, expected.at(goid).with_others);
  std::uint64_t sum = shares.no_goroutine + shares.other_sets, of_one = 0;
  for (const SharingGroup& group : shares.groups) sum += group.alone + group.together;
  for (const SharedBySet& set : shares.sets) {
    EXPECT_THAT(set.groups, ::testing::Contains(*shares.one));
    sum += set.bytes;
    of_one += set.bytes;
  }
  EXPECT_EQ(sum, shares.live_bytes);
  EXPECT_EQ(of_one, one.with_goroutines + one.with_others);
}

TEST(GoroutineShares, AreOfNoGoroutineThatIsNotThere) {
  HeapBuilder heap;
  heap.object(64);
  heap::Snapshot snapshot = heap.build();
  EXPECT_THROW(shares_apart(snapshot, {.each = false, .goid = 7}), Error);
}

// What a group of many at one place has with one of them is not told apart one by one.
TEST(GoroutineShares, TellApartOneOfMany) {
  HeapBuilder heap;
  const auto common = heap.object(4096);
  const RootId group = heap.group(WaitReason::kChanSend, "main.work");
  for (std::uint64_t i = 0; i <= ShareOptions::kFew; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "", group);
    heap.goroutine(i + 1, heap::GoroutineState::kWaiting, WaitReason::kChanSend, goroutine, {"main.work"});
    heap.refer(goroutine, common);
  }
  heap::Snapshot snapshot = heap.build();
  const GoroutineShares shares = shares_apart(snapshot, {.each = false, .goid = 3});
  ASSERT_THAT(shares.groups, SizeIs(2));
  ASSERT_TRUE(shares.one);
  EXPECT_EQ(shares.groups[1 - *shares.one].goroutines, ShareOptions::kFew);
  ASSERT_THAT(shares.sets, SizeIs(1));
  EXPECT_THAT(shares.sets[0].groups, SizeIs(2));
}

INSTANTIATE_TEST_SUITE_P(Seeds, SharesOnRandomHeaps, ::testing::Range<std::uint64_t>(0, 200));

// The runtime's list of all goroutines leads to each of their records, and so to what they wait for.
TEST(GoroutineShares, DoNotGoThroughTheRecordsOfOthers) {
  HeapBuilder heap;
  const TypeId record = heap.structure("runtime.g", 64, {});
  const auto g = heap.object(64, record), own = heap.object(128);
  heap.edge(g, 8, own);
  const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "");
  heap.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kChanSend, goroutine, {"main.work"});
  heap.refer(heap.root(heap::RootKind::kFrame, "main.work", goroutine), own);
  for (const char* const list : {"runtime.allgs", "runtime.sched"})
    heap.refer(heap.root(heap::RootKind::kGlobal, list), g);
  heap.snapshot().goroutines[0].g = Address(0xc000000000);
  const GoroutineShares shares = shares_of(heap.build());
  ASSERT_THAT(shares.groups, SizeIs(1));
  EXPECT_EQ(shares.groups[0].alone, 128U + 64U);
  EXPECT_EQ(shares.groups[0].goid, 7U);
  EXPECT_THAT(shares.sets, SizeIs(0));
}

// Of more owners than a set can name only the kinds are known, and no group gets the bytes.
TEST(GoroutineShares, SayWhatTooManyReach) {
  HeapBuilder heap;
  const auto common = heap.object(4096);
  for (std::uint64_t i = 0; i < 300; ++i) {
    const RootId goroutine = heap.root(heap::RootKind::kGoroutine, "");
    const std::string function = "main.g" + std::to_string(i);
    heap.goroutine(i + 1, heap::GoroutineState::kWaiting, WaitReason::kChanSend, goroutine, {function});
    heap.refer(goroutine, common);
  }
  const GoroutineShares shares = shares_of(heap.build());
  EXPECT_EQ(shares.too_many, 4096U);
  EXPECT_EQ(shares.no_goroutine, 0U);
  ASSERT_THAT(shares.sets, SizeIs(1));
  EXPECT_THAT(shares.sets[0].others[0].full, HasSubstr("more than 256 owners: goroutines"));
}

}  // namespace
}  // namespace holdfast::view
