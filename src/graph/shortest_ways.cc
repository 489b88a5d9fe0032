#include "graph/shortest_ways.h"

#include <algorithm>

#include "graph/breadth_first.h"

namespace holdfast::graph {
namespace {

// Lower ones are preferred.
int order_of(heap::RootKind kind) {
  switch (kind) {
    case heap::RootKind::kGlobal:
      return 0;
    case heap::RootKind::kGoroutine:
    case heap::RootKind::kFrame:
    case heap::RootKind::kStackSlot:
    case heap::RootKind::kStartClosure:
    case heap::RootKind::kDefer:
      return 1;
    default:
      return 2;
  }
}

}  // namespace

ShortestWays::ShortestWays(const heap::Snapshot& snapshot, const ReachOptions& options)
    : snapshot_(snapshot), vertices_(snapshot), before_(snapshot.objects) {
  BreadthFirst search(snapshot);
  const ReachRules rules(snapshot, options);
  for (const ObjectId object : options.without) heap::set_bit(search.seen(), object.row);
  for (int order = 0; order <= 2; ++order)
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
      const heap::Root& root = snapshot.roots[r];
      if (order_of(root.kind) != order) continue;
      for (std::uint32_t t = root.first_target; t < root.first_target + root.target_count; ++t)
        if (const ObjectId object = snapshot.root_targets[t].object;
            rules.starts(RootId(r), object) && search.enter(object.row))
          before_[object.row] = vertices_.of(RootId(r)) + 1;
    }
  const auto entered = [&](std::uint32_t object, std::uint32_t source) { before_[object] = source + 1; };
  if (options.without_pointers.empty())
    search.run(entered, [](std::uint32_t, std::uint32_t) { return true; });
  else
    search.run(entered, [&](std::uint32_t source, std::uint32_t target) { return rules.follows(source, target); });
}

std::vector<NodeId> ShortestWays::way_to(ObjectId object) const {
  std::vector<NodeId> way;
  if (before_[object.row] == 0) return way;
  way.emplace_back(object);
  std::uint32_t vertex = before_[object.row] - 1;
  for (; vertices_.is_object(vertex); vertex = before_[vertex] - 1) way.emplace_back(ObjectId(vertex));
  for (RootId root = vertices_.root(vertex); root; root = snapshot_.roots[root.row].parent) way.emplace_back(root);
  std::ranges::reverse(way);
  return way;
}

}  // namespace holdfast::graph
