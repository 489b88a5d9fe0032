#include "graph/removals.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <random>
#include <set>

#include "graph/object_sizes.h"
#include "graph/random_graph_for_tests.h"
#include "graph/reachability.h"

namespace holdfast::graph {
namespace {

// The rows of objects that one removal frees, by reaching the heap anew.
std::set<std::uint32_t> naive_freed(const heap::Snapshot& snapshot, const Removal& removal) {
  ReachOptions options;
  std::set<std::uint32_t> gone;
  for (const NodeId node : removal.nodes) {
    if (node.object()) options.without.push_back(node.object());
    if (node.root()) gone.insert(node.root().row);
  }
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)  // parents come first
    if (snapshot.roots[r].parent && gone.contains(snapshot.roots[r].parent.row)) gone.insert(r);
  options.use_root = [&](RootId root) { return !gone.contains(root.row); };
  options.without_pointers = removal.pointers;
  std::ranges::sort(options.without_pointers);
  const Reachability before = reach(snapshot), after = reach(snapshot, options);
  std::set<std::uint32_t> freed;
  for (std::uint32_t i = 0; i < snapshot.objects; ++i)
    if (before.contains(ObjectId(i)) && !after.contains(ObjectId(i))) freed.insert(i);
  return freed;
}

std::set<std::uint32_t> naive_led_to(const heap::Snapshot& snapshot, const Removal& removal) {
  const Reachability before = reach(snapshot);
  std::set<std::uint32_t> seen;
  std::vector<std::uint32_t> work;
  const auto enter = [&](ObjectId object) {
    if (before.contains(object) && seen.insert(object.row).second) work.push_back(object.row);
  };
  const std::function<void(RootId)> enter_root = [&](RootId root) {
    const heap::Root& of = snapshot.roots[root.row];
    for (std::uint32_t t = 0; t < of.target_count; ++t) enter(snapshot.root_targets[of.first_target + t].object);
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
      if (snapshot.roots[r].parent == root) enter_root(RootId(r));
  };
  for (const NodeId node : removal.nodes)
    if (node.root())
      enter_root(node.root());
    else
      enter(node.object());
  for (const auto& [from, to] : removal.pointers) enter(to);
  while (!work.empty()) {
    const std::uint32_t row = work.back();
    work.pop_back();
    if (row < snapshot.pointerful)
      for (const std::uint32_t e : snapshot.edges.of(row)) enter(ObjectId(snapshot.edges.target[e]));
  }
  return seen;
}

Removal random_removal(const heap::Snapshot& snapshot, std::mt19937_64& random) {
  Removal removal;
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
    if (random() % 5 == 0) removal.nodes.emplace_back(RootId(r));
    const heap::Root& root = snapshot.roots[r];
    for (std::uint32_t t = 0; t < root.target_count; ++t)
      if (random() % 5 == 0)
        removal.pointers.emplace_back(RootId(r), snapshot.root_targets[root.first_target + t].object);
  }
  for (std::uint32_t i = 0; i < snapshot.objects; ++i)
    if (random() % 10 == 0) removal.nodes.emplace_back(ObjectId(i));
  for (std::uint32_t i = 0; i < snapshot.pointerful; ++i)
    for (const std::uint32_t e : snapshot.edges.of(i))
      if (random() % 10 == 0) removal.pointers.emplace_back(ObjectId(i), ObjectId(snapshot.edges.target[e]));
  return removal;
}

std::uint64_t bytes_of(const heap::Snapshot& snapshot, const std::set<std::uint32_t>& objects) {
  const ObjectSizes sizes(snapshot);
  std::uint64_t bytes = 0;
  for (const std::uint32_t row : objects) bytes += sizes.size_of(ObjectId(row));
  return bytes;
}

std::set<std::uint32_t> in_both(const std::set<std::uint32_t>& a, const std::set<std::uint32_t>& b) {
  std::set<std::uint32_t> out;
  std::ranges::set_intersection(a, b, std::inserter(out, out.end()));
  return out;
}

TEST(RemovalEffects, AgreeWithReachingTheHeapAnewOnRandomGraphs) {
  for (std::uint64_t seed = 0; seed < 250; ++seed) {
    SCOPED_TRACE(seed);
    const heap::Snapshot snapshot = random_snapshot(seed);
    std::mt19937_64 random(seed);
    std::vector<Removal> removals(1 + random() % kMostRemovals);
    for (Removal& removal : removals) removal = random_removal(snapshot, random);
    const RemovalEffects found = removal_effects(snapshot, dominators(snapshot), removals);
    std::vector<std::set<std::uint32_t>> freed;
    for (const Removal& removal : removals) freed.push_back(naive_freed(snapshot, removal));
    for (std::size_t i = 0; i < removals.size(); ++i) {
      ASSERT_EQ(found.freed[i].objects, freed[i].size());
      ASSERT_EQ(found.freed[i].bytes, bytes_of(snapshot, freed[i]));
      const std::set<std::uint32_t> led_to = naive_led_to(snapshot, removals[i]);
      ASSERT_EQ(found.kept[i]->objects, led_to.size() - freed[i].size());
      ASSERT_EQ(found.kept[i]->bytes, bytes_of(snapshot, led_to) - bytes_of(snapshot, freed[i]));
      for (std::size_t k = 0; k < removals.size(); ++k)
        ASSERT_EQ(found.common_bytes(i, k), bytes_of(snapshot, in_both(freed[i], freed[k]))) << k;
    }
  }
}

TEST(RemovalEffects, TellWhatGoesOfEachSubject) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    const heap::Snapshot snapshot = random_snapshot(seed);
    std::mt19937_64 random(seed);
    const std::vector<Removal> removals = {random_removal(snapshot, random), {}, random_removal(snapshot, random)};
    std::vector<std::vector<ObjectId>> subjects(2);
    for (std::uint32_t i = 0; i < snapshot.objects; ++i) subjects[random() % 2].emplace_back(i);
    const RemovalEffects found = removal_effects(snapshot, dominators(snapshot), removals, subjects);
    for (std::size_t s = 0; s < subjects.size(); ++s)
      for (std::size_t r = 0; r < removals.size(); ++r) {
        std::set<std::uint32_t> rows;
        for (const ObjectId object : subjects[s]) rows.insert(object.row);
        ASSERT_EQ(found.bytes_of(s, r), bytes_of(snapshot, in_both(rows, naive_freed(snapshot, removals[r]))));
      }
  }
}

}  // namespace
}  // namespace holdfast::graph
