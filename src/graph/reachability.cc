#include "graph/reachability.h"

#include <algorithm>

#include "graph/breadth_first.h"
#include "graph/object_sizes.h"

namespace holdfast::graph {
ReachRules::ReachRules(const heap::Snapshot& snapshot, const ReachOptions& options) : options_(options) {
  for (const auto& [from, to] : options.without_pointers) {
    if (!from.object()) continue;
    if (cut_sources_.empty()) cut_sources_ = HugeArray<std::uint64_t>((std::uint64_t{snapshot.objects} + 63) / 64);
    heap::set_bit(cut_sources_, from.object().row);
  }
}

bool ReachRules::is_cut(NodeId from, ObjectId to) const {
  return std::ranges::binary_search(options_.without_pointers, std::pair(from, to));
}

Reachability reach(const heap::Snapshot& snapshot, const ReachOptions& options) {
  BreadthFirst search(snapshot);
  const ReachRules rules(snapshot, options);
  for (const ObjectId object : options.without) heap::set_bit(search.seen(), object.row);
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
    const heap::Root& root = snapshot.roots[r];
    for (std::uint32_t i = 0; i < root.target_count; ++i)
      if (const ObjectId target = snapshot.root_targets[root.first_target + i].object; rules.starts(RootId(r), target))
        search.enter(target.row);
  }
  if (options.without_pointers.empty())
    search.run();
  else
    search.run([](std::uint32_t, std::uint32_t) {},
               [&](std::uint32_t source, std::uint32_t target) { return rules.follows(source, target); });

  Reachability result;
  result.bits = std::move(search.seen());
  for (const ObjectId object : options.without)
    result.bits[object.row / 64] &= ~(std::uint64_t{1} << (object.row % 64));
  const ObjectTotals totals = ObjectSizes(snapshot).totals_of(result.bits);
  result.objects = totals.objects;
  result.bytes = totals.bytes;
  return result;
}

}  // namespace holdfast::graph
