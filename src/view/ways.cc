#include "view/ways.h"

#include <algorithm>

#include "base/cancel.h"

namespace holdfast::view {

std::optional<std::vector<graph::NodeId>> Ways::between(ObjectId from, ObjectId to) {
  const auto enter_start = [&] { enter(from.row, graph::Vertices::kNone - 1); };
  if (!search(enter_start, [&](ObjectId object) { return object == to; })) return std::nullopt;
  return way_to(to);
}

std::optional<std::vector<graph::NodeId>> Ways::from_roots(std::span<const RootId> roots,
                                                           const std::function<bool(ObjectId)>& is_wanted) {
  const ObjectId to =
      search([&] { std::ranges::for_each(roots, [&](RootId root) { enter_targets(root); }); }, is_wanted);
  if (!to) return std::nullopt;
  std::vector<graph::NodeId> way = way_to(to);
  way.emplace_back(to);
  return way;
}

void Ways::begin() {
  if (parent_.empty()) {
    parent_ = HugeArray<std::uint32_t>(snapshot_.objects);
    vertices_ = graph::Vertices(snapshot_);
  }
  for (const std::uint32_t object : visited_) parent_[object] = 0;
  visited_.clear();
}

bool Ways::enter(std::uint32_t object, std::uint32_t parent) {
  if (parent_[object] != 0) return false;
  parent_[object] = parent + 1;
  visited_.push_back(object);
  return true;
}

void Ways::enter_targets(RootId root) {
  const heap::Root& row = snapshot_.roots[root.row];
  for (std::uint32_t t = row.first_target; t < row.first_target + row.target_count; ++t)
    enter(snapshot_.root_targets[t].object.row, vertices_.of(root));
  for (const RootId child : forest_.children(root)) enter_targets(child);
}

template <typename Enter>
ObjectId Ways::search(const Enter& enter_start, const std::function<bool(ObjectId)>& is_wanted) {
  begin();
  enter_start();
  ObjectId found = search_on(!weak_, is_wanted);
  if (found || !weak_) return found;
  begin();
  enter_start();
  return search_on(true, is_wanted);
}

// Visits objects until it meets one that is wanted.
ObjectId Ways::search_on(bool over_weak, const std::function<bool(ObjectId)>& is_wanted) {
  constexpr std::size_t kCancelEvery = 1 << 16;
  for (std::size_t i = 0; i < std::min(visited_.size(), kFarthest); ++i) {
    if (i % kCancelEvery == 0) throw_if_cancelled();
    const ObjectId object(visited_[i]);
    if (is_wanted(object)) return object;
    if (object.row >= snapshot_.pointerful) continue;
    const bool leaves_out = !over_weak && weak_(object, is_weak_);
    const std::uint32_t begin = snapshot_.edges.row_begin[object.row], end = snapshot_.edges.row_begin[object.row + 1];
    for (std::uint32_t e = begin; e < end; ++e)
      if (!leaves_out || !is_weak_[e - begin]) enter(snapshot_.edges.target[e], object.row);
  }
  return {};
}

// Follows parents back to where the search began.
std::vector<graph::NodeId> Ways::way_to(ObjectId to) {
  std::vector<graph::NodeId> way;
  std::uint32_t vertex = parent_[to.row] - 1;
  while (vertices_.is_object(vertex) && parent_[vertex] - 1 != graph::Vertices::kNone - 1) {
    way.emplace_back(ObjectId(vertex));
    vertex = parent_[vertex] - 1;
  }
  if (!vertices_.is_object(vertex))
    for (RootId root = vertices_.root(vertex); root; root = snapshot_.roots[root.row].parent) way.emplace_back(root);
  std::reverse(way.begin(), way.end());
  return way;
}

}  // namespace holdfast::view
