#include "graph/shortest_ways.h"

#include <algorithm>

#include "base/cancel.h"
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

// Puts the node and its parents in the root forest in front, outermost first.
std::vector<NodeId> with_roots(const heap::Snapshot& snapshot, RootId root, const std::vector<NodeId>& objects) {
  std::vector<NodeId> way;
  for (; root; root = snapshot.roots[root.row].parent) way.emplace_back(root);
  std::ranges::reverse(way);
  way.insert(way.end(), objects.begin(), objects.end());
  return way;
}

}  // namespace

std::vector<NodeId> shortest_way_to(const Backwards& graph, ObjectId object) {
  constexpr std::size_t kCancelEvery = 1 << 16;
  HugeArray<std::uint32_t> after(graph.snapshot.objects);  // the object behind it on the way + 1; 0 = not visited
  std::vector<ObjectId> visited = {object};
  after[object.row] = object.row + 1;
  const auto order = [&](RootId root) { return order_of(graph.snapshot.roots[root.row].kind); };
  for (std::size_t begin = 0, end = 1; begin < end; begin = end, end = visited.size()) {
    // All of one distance, of which the best root is taken.
    RootId best;
    ObjectId first;
    for (std::size_t i = begin; i < end; ++i) {
      if (i % kCancelEvery == 0) throw_if_cancelled();
      for (const RootId root : graph.referrers.roots_of(visited[i]))
        if (!best || order(root) < order(best)) best = root, first = visited[i];
    }
    if (best) {
      std::vector<NodeId> objects = {first};
      for (ObjectId at = first; at != object; objects.emplace_back(at)) at = ObjectId(after[at.row] - 1);
      return with_roots(graph.snapshot, best, objects);
    }
    for (std::size_t i = begin; i < end; ++i)
      for (const std::uint32_t source : graph.referrers.of(visited[i])) {
        if (after[source] != 0 || !graph.reached.contains(ObjectId(source))) continue;
        after[source] = visited[i].row + 1;
        visited.emplace_back(source);
      }
  }
  return {};
}

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
  if (before_[object.row] == 0) return {};
  std::vector<NodeId> objects = {object};
  std::uint32_t vertex = before_[object.row] - 1;
  for (; vertices_.is_object(vertex); vertex = before_[vertex] - 1) objects.emplace_back(ObjectId(vertex));
  std::ranges::reverse(objects);
  return with_roots(snapshot_, vertices_.root(vertex), objects);
}

}  // namespace holdfast::graph
