#include "graph/dominator_tree.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"

namespace holdfast::graph {
namespace {

constexpr std::uint64_t kAhead = 24;

// Calls visit(vertex, dominator) for everything that a vertex of [first, end) dominates, in ascending order of the
// dominated. Each thread looks at all columns and takes its own range of dominators.
template <typename Visit, typename Fetch>
void for_each_dominated(const DominatorColumns& columns, std::uint32_t first, std::uint32_t end, const Fetch& fetch,
                        const Visit& visit) {
  const Vertices& vertices = columns.vertices;
  const auto objects = [&](std::uint64_t begin, std::uint64_t last, std::uint32_t to_vertex) {
    for (std::uint64_t i = begin; i < last; ++i) {
      if (i + kAhead < last && columns.idom[i + kAhead] - 1 - first < end - first) fetch(columns.idom[i + kAhead] - 1);
      const std::uint32_t dominator = columns.idom[i] - 1;  // 0 gives kNone
      if (dominator - first < end - first) visit(static_cast<std::uint32_t>(i) + to_vertex, dominator);
    }
  };
  objects(0, vertices.pointerful(), 0);
  for (std::uint32_t r = 0; r < vertices.roots(); ++r) {
    const RootId parent = columns.root_parent[r];
    const std::uint32_t dominator = parent ? vertices.of(parent) : vertices.super_root();
    if (dominator - first < end - first) visit(vertices.of(RootId(r)), dominator);
  }
  objects(vertices.pointerful(), columns.idom.size(), vertices.count() - vertices.pointerful());
}

unsigned owners() {
  return std::min(worker_count(), 4U);
}

}  // namespace

DominatorTree::DominatorTree(const Dominators& dominators)
    : dominators_(dominators), begin_(dominators.columns().held.size() + 1) {
  const DominatorColumns& columns = dominators.columns();
  const std::uint32_t vertices = columns.vertices.count();
  const auto fetch_count = [this](std::uint32_t dominator) { __builtin_prefetch(&begin_[row_of(dominator)], 1); };
  for_each_part(vertices, owners(), [&](unsigned, std::uint64_t first, std::uint64_t end) {
    for_each_dominated(columns, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end), fetch_count,
                       [&](std::uint32_t, std::uint32_t dominator) { ++begin_[row_of(dominator)]; });
  });
  // Each list was filled upwards from its begin, so each begin is now that of the next list: they move back by one.
  std::uint32_t sum = 0;
  for (std::uint32_t& begin : begin_) begin = std::exchange(sum, sum + begin);
  child_ = HugeArray<std::uint32_t>(sum);
  for_each_part(vertices, owners(), [&](unsigned, std::uint64_t first, std::uint64_t end) {
    for_each_dominated(
        columns, static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(end), fetch_count,
        [&](std::uint32_t child, std::uint32_t dominator) { child_[begin_[row_of(dominator)]++] = child; });
  });
  std::copy_backward(begin_.begin(), begin_.end() - 1, begin_.end());
  begin_[0] = 0;
}

}  // namespace holdfast::graph
