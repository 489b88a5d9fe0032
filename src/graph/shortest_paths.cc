#include "graph/shortest_paths.h"

#include <algorithm>
#include <utility>

namespace holdfast::graph {
namespace {

// Returns the first reference of `source` to `object`.
std::uint32_t edge_between(const heap::Edges& edges, std::uint32_t source, ObjectId object) {
  const std::uint32_t* const begin = edges.target.data() + edges.row_begin[source];
  const std::uint32_t* const end = edges.target.data() + edges.row_begin[source + 1];
  return static_cast<std::uint32_t>(std::find(begin, end, object.row) - edges.target.data());
}

// Whether the root is one by which a program holds memory on purpose, and which a reader knows.
bool is_ordinary(const heap::Root& root) {
  switch (root.kind) {
    case heap::RootKind::kGlobal:
    case heap::RootKind::kGoroutine:
    case heap::RootKind::kFrame:
    case heap::RootKind::kStackSlot:
    case heap::RootKind::kDefer:
      return !root.conservative;
    default:
      return false;
  }
}

std::uint32_t target_of(const heap::Snapshot& snapshot, RootId root, ObjectId object) {
  std::uint32_t at = snapshot.roots[root.row].first_target;
  while (snapshot.root_targets[at].object != object) ++at;
  return at;
}

}  // namespace

ShortestPaths::ShortestPaths(const heap::Snapshot& snapshot, std::function<bool(RootId)> use_root)
    : snapshot_(snapshot),
      use_root_(std::move(use_root)),
      vertices_(snapshot),
      parent_(snapshot.objects),
      search_(snapshot) {
  enter_roots(true);
}

void ShortestPaths::enter_roots(bool ordinary) {
  for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
    const heap::Root& root = snapshot_.roots[r];
    if (is_ordinary(root) != ordinary || (use_root_ && !use_root_(RootId(r)))) continue;
    for (std::uint32_t i = 0; i < root.target_count; ++i) {
      const std::uint32_t object = snapshot_.root_targets[root.first_target + i].object.row;
      if (search_.enter(object)) parent_[object] = vertices_.of(RootId(r)) + 1;
    }
  }
}

void ShortestPaths::search_for(ObjectId object) {
  search_.run_until([&] { return parent_[object.row] != 0; },
                    [this](std::uint32_t target, std::uint32_t source) { parent_[target] = source + 1; });
}

NodeId ShortestPaths::parent(ObjectId object) {
  search_for(object);
  if (parent_[object.row] == 0 && !all_entered_) {
    all_entered_ = true;
    enter_roots(false);
    search_for(object);
  }
  const std::uint32_t above = parent_[object.row];
  return above == 0 ? NodeId() : vertices_.node(above - 1);
}

Path ShortestPaths::path_to(ObjectId object) {
  Path path;
  NodeId above = parent(object);
  if (!above) return path;
  for (; above.kind() == NodeKind::kObject; above = parent(object)) {
    path.steps.push_back({object, edge_between(snapshot_.edges, above.object().row, object)});
    object = above.object();
  }
  path.steps.push_back({object, target_of(snapshot_, above.root(), object)});
  std::reverse(path.steps.begin(), path.steps.end());
  for (RootId root = above.root(); root; root = snapshot_.roots[root.row].parent) path.roots.push_back(root);
  std::reverse(path.roots.begin(), path.roots.end());
  return path;
}

}  // namespace holdfast::graph
