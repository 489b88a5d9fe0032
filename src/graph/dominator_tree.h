// The dominator tree downwards: lists of children, which Dominators does not keep. 4 B per object, and 4 B per vertex
// that dominates anything. It is built on up to four threads, with the same result; afterwards several threads may read
// it. Nothing throws.
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
  // Keeps a reference to the dominators, which must outlive it.
  explicit DominatorTree(const Dominators& dominators);

  const Dominators& dominators() const { return dominators_; }

  // Returns what the vertex dominates immediately: pointerful objects, roots, pointer-free objects, each ascending. The
  // vertex must not be that of a pointer-free object.
  std::span<const std::uint32_t> children(std::uint32_t vertex) const {
    if (dominators_.is_alone(vertex)) return {};
    const std::uint32_t row = row_of(vertex);
    return child_.span().subspan(begin_[row], begin_[row + 1] - begin_[row]);
  }
  // Calls visit(NodeId) for each child of any node, in the same order.
  template <typename Visit>
  void for_each_child(NodeId node, const Visit& visit) const {
    const Vertices& vertices = dominators_.columns().vertices;
    const std::uint32_t vertex = vertices.of(node);
    if (vertex >= vertices.count()) return;
    for (const std::uint32_t child : children(vertex)) visit(vertices.node(child));
  }

  // These prefetch for loops that will soon ask for the children of the vertex: first the place of the list, then the
  // list.
  void fetch_place(std::uint32_t vertex) const { __builtin_prefetch(&begin_[row_of(vertex)]); }
  void fetch_children(std::uint32_t vertex) const { __builtin_prefetch(&child_[begin_[row_of(vertex)]]); }

 private:
  std::uint32_t row_of(std::uint32_t vertex) const { return dominators_.columns().holders.rank(vertex); }

  const Dominators& dominators_;
  HugeArray<std::uint32_t> begin_;  // by rank among the holders; one more at the end
  HugeArray<std::uint32_t> child_;  // vertices, grouped by dominator
};

}  // namespace holdfast::graph
