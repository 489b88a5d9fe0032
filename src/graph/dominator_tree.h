// The dominator tree downwards. Children of vertices are kept (4 B per vertex and 4 B per list, built when asked for);
// pointer-free children are found by one scan of their column (a few milliseconds).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "graph/dominators.h"
#include "graph/node.h"

namespace holdfast::graph {

class DominatorTree {
 public:
  // Keeps a reference to the dominators.
  explicit DominatorTree(const Dominators& dominators);

  // Vertices that the node dominates immediately, ascending: pointerful objects, then roots.
  std::span<const std::uint32_t> children(NodeId node) const;
  // Pointer-free objects that it dominates immediately, ascending.
  std::vector<ObjectId> leaf_children(NodeId node) const;
  // Of all its children the `limit` that retain most, largest first; of equal ones objects first, in ascending order.
  std::vector<NodeId> top_children(NodeId node, std::size_t limit) const;

 private:
  const Dominators& dominators_;
  HugeArray<std::uint32_t> begin_;  // vertices + 1
  HugeArray<std::uint32_t> child_;  // vertices, grouped by dominator
};

}  // namespace holdfast::graph
