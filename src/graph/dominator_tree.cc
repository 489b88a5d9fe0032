#include "graph/dominator_tree.h"

#include <algorithm>
#include <utility>

namespace holdfast::graph {
namespace {

// The vertex that dominates `vertex` immediately; kNone for the super root and what is not reachable.
std::uint32_t dominator_of(const DominatorColumns& columns, std::uint32_t vertex) {
  const Vertices& vertices = columns.vertices;
  if (vertices.is_object(vertex)) return columns.idom[vertex] - 1;  // kNone of 0
  if (vertex == vertices.super_root()) return Vertices::kNone;
  const RootId parent = columns.root_parent[vertices.root(vertex).row];
  return parent ? vertices.of(parent) : vertices.super_root();
}

}  // namespace

DominatorTree::DominatorTree(const Dominators& dominators)
    : dominators_(dominators), begin_(std::uint64_t{dominators.columns().vertices.count()} + 1) {
  const DominatorColumns& columns = dominators.columns();
  const std::uint32_t vertices = columns.vertices.count();
  for (std::uint32_t vertex = 0; vertex < vertices; ++vertex) {
    const std::uint32_t dominator = dominator_of(columns, vertex);
    if (dominator != Vertices::kNone) ++begin_[dominator];
  }
  std::uint32_t sum = 0;
  for (std::uint32_t& begin : begin_) begin = sum += begin;
  child_ = HugeArray<std::uint32_t>(sum);
  for (std::uint32_t vertex = vertices; vertex-- > 0;) {
    const std::uint32_t dominator = dominator_of(columns, vertex);
    if (dominator != Vertices::kNone) child_[--begin_[dominator]] = vertex;
  }
}

std::span<const std::uint32_t> DominatorTree::children(NodeId node) const {
  const Vertices& vertices = dominators_.columns().vertices;
  if (!node || (node.object() && vertices.is_leaf(node.object()))) return {};
  const std::uint32_t vertex = vertices.of(node);
  return child_.span().subspan(begin_[vertex], begin_[vertex + 1] - begin_[vertex]);
}

std::vector<ObjectId> DominatorTree::leaf_children(NodeId node) const {
  const DominatorColumns& columns = dominators_.columns();
  std::vector<ObjectId> leaves;
  if (!node || (node.object() && columns.vertices.is_leaf(node.object()))) return leaves;
  const std::uint32_t vertex = columns.vertices.of(node);
  for (std::uint64_t i = columns.vertices.pointerful(); i < columns.idom.size(); ++i)
    if (columns.idom[i] == vertex + 1) leaves.emplace_back(static_cast<std::uint32_t>(i));
  return leaves;
}

std::vector<NodeId> DominatorTree::top_children(NodeId node, std::size_t limit) const {
  std::vector<std::pair<std::uint64_t, NodeId>> all;
  const auto add = [&](NodeId child) { all.emplace_back(dominators_.retained_bytes(child), child); };
  for (const std::uint32_t vertex : children(node)) add(dominators_.columns().vertices.node(vertex));
  for (const ObjectId leaf : leaf_children(node)) add(leaf);
  const auto larger = [](const auto& a, const auto& b) {
    if (a.first != b.first) return a.first > b.first;
    if (a.second.kind() != b.second.kind()) return a.second.kind() > b.second.kind();
    return a.second < b.second;
  };
  const std::size_t kept = std::min(limit, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(kept), all.end(), larger);
  std::vector<NodeId> top;
  for (std::size_t i = 0; i < kept; ++i) top.push_back(all[i].second);
  return top;
}

}  // namespace holdfast::graph
