// The things that analyses speak about: the super root, a node of the root forest or an object. Columns hold a vertex
// of 4 bytes instead of a NodeId: pointerful objects come first, then the root forest, then the super root. Behind
// these `count()` come the pointer-free objects, which have no edges and no cells in columns by vertex.
#pragma once

#include <compare>
#include <cstdint>

#include "base/error.h"
#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

enum class NodeKind : std::uint8_t { kNone, kSuperRoot, kRoot, kObject };

class NodeId {
 public:
  constexpr NodeId() = default;
  // These are implicit, since a root and an object are nodes: every function on nodes takes them too.
  constexpr NodeId(RootId root) : row_(root.row), kind_(NodeKind::kRoot) {}          // NOLINT(*-explicit-constructor)
  constexpr NodeId(ObjectId object) : row_(object.row), kind_(NodeKind::kObject) {}  // NOLINT(*-explicit-constructor)
  static constexpr NodeId super_root() {
    NodeId node;
    node.kind_ = NodeKind::kSuperRoot;
    return node;
  }

  constexpr NodeKind kind() const { return kind_; }
  explicit constexpr operator bool() const { return kind_ != NodeKind::kNone; }
  // Both return none if the node is of another kind.
  constexpr RootId root() const { return kind_ == NodeKind::kRoot ? RootId(row_) : RootId(); }
  constexpr ObjectId object() const { return kind_ == NodeKind::kObject ? ObjectId(row_) : ObjectId(); }
  auto operator<=>(const NodeId&) const = default;

 private:
  std::uint32_t row_ = 0;
  NodeKind kind_ = NodeKind::kNone;
};

// The numbering of vertices for one snapshot.
class Vertices {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  Vertices() = default;
  // Fails with kUnsupported when objects and roots together do not fit into 32 bits.
  explicit Vertices(const heap::Snapshot& snapshot)
      : pointerful_(snapshot.pointerful), roots_(static_cast<std::uint32_t>(snapshot.roots.size())) {
    const std::uint64_t all = std::uint64_t{snapshot.objects} + snapshot.roots.size() + 1;
    if (all >= kNone)
      fail(ErrorCode::kUnsupported, "{} objects and {} roots are more than 32-bit numbers can tell apart",
           snapshot.objects, snapshot.roots.size());
  }

  std::uint32_t pointerful() const { return pointerful_; }
  std::uint32_t roots() const { return roots_; }
  std::uint32_t count() const { return pointerful_ + roots_ + 1; }
  std::uint32_t super_root() const { return pointerful_ + roots_; }

  std::uint32_t of(RootId root) const { return pointerful_ + root.row; }
  bool is_object(std::uint32_t vertex) const { return vertex < pointerful_; }
  bool is_leaf(ObjectId object) const { return object.row >= pointerful_; }
  RootId root(std::uint32_t vertex) const { return RootId(vertex - pointerful_); }
  std::uint32_t of(ObjectId object) const {
    return is_leaf(object) ? count() + (object.row - pointerful_) : object.row;
  }
  std::uint32_t of(NodeId node) const {
    switch (node.kind()) {
      case NodeKind::kObject:
        return of(node.object());
      case NodeKind::kRoot:
        return of(node.root());
      case NodeKind::kSuperRoot:
        return super_root();
      case NodeKind::kNone:
        break;
    }
    return kNone;
  }
  NodeId node(std::uint32_t vertex) const {
    if (vertex < pointerful_) return ObjectId(vertex);
    if (vertex < super_root()) return root(vertex);
    if (vertex == kNone) return {};
    return vertex == super_root() ? NodeId::super_root() : NodeId(ObjectId(vertex - count() + pointerful_));
  }

 private:
  std::uint32_t pointerful_ = 0;
  std::uint32_t roots_ = 0;
};

}  // namespace holdfast::graph
