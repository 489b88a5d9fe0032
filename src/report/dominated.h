// What each node dominates immediately, objects of all kinds alike. 4 B per object and 8 B per pointerful one while it
// lives.
#pragma once

#include "graph/dominator_tree.h"
#include "graph/dominators.h"

namespace holdfast::report {

class Dominated {
 public:
  // Keeps a reference to the dominators.
  explicit Dominated(const graph::Dominators& dominators);

  const graph::Dominators& dominators() const { return dominators_; }
  const graph::DominatorTree& tree() const { return tree_; }

  // Calls visit(NodeId) for each: pointerful objects, roots, pointer-free objects, each ascending.
  template <typename Visit>
  void for_each(graph::NodeId node, const Visit& visit) const {
    const graph::Vertices& vertices = dominators_.columns().vertices;
    for (const std::uint32_t vertex : tree_.children(node)) visit(vertices.node(vertex));
    if (node.object() && vertices.is_leaf(node.object())) return;
    for (const std::uint32_t leaf : leaves(vertices.of(node))) visit(ObjectId(leaf));
  }
  // Rows of the pointer-free objects that a vertex dominates immediately.
  std::span<const std::uint32_t> leaves(std::uint32_t vertex) const {
    return leaf_.span().subspan(leaf_begin_[vertex], leaf_begin_[vertex + 1] - leaf_begin_[vertex]);
  }

 private:
  const graph::Dominators& dominators_;
  graph::DominatorTree tree_;
  HugeArray<std::uint32_t> leaf_begin_;  // vertices + 1
  HugeArray<std::uint32_t> leaf_;        // ObjectId rows, by dominator
};

}  // namespace holdfast::report
