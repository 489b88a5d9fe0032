// Ways of pointers for chains: the dominator tree jumps over what several ways share, and a chain must not. Each way is
// a shortest one; of equally short ones the first in the order of roots and edges, so the answer is always the same. A
// way over a reference that is weak in meaning is taken only if there is no other.
// The search is local: it begins at one object or at the roots of one owner, and gives up after kFarthest objects. One
// thread. 4 B per object of address space, of which a search touches what it visits.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/huge_array.h"
#include "graph/node.h"
#include "graph/root_forest.h"
#include "graph/sharing.h"
#include "heap/snapshot.h"

namespace holdfast::view {

class Ways {
 public:
  static constexpr std::size_t kFarthest = 1 << 18;  // objects visited

  // Must outlive this. Fails as graph::RootForest does.
  explicit Ways(const heap::Snapshot& snapshot, graph::WeakEdges weak = {})
      : snapshot_(snapshot), forest_(snapshot), weak_(std::move(weak)) {}

  // Returns the objects between the two, none if `from` refers to `to` itself; nullopt if no way was found.
  std::optional<std::vector<graph::NodeId>> between(ObjectId from, ObjectId to);
  // Returns the way from one of the roots, or a root below them, to the nearest object that is wanted: root nodes from
  // the outermost to the one that has the reference, then objects; the last one is wanted.
  std::optional<std::vector<graph::NodeId>> from_roots(std::span<const RootId> roots,
                                                       const std::function<bool(ObjectId)>& is_wanted);

 private:
  void begin();
  bool enter(std::uint32_t object, std::uint32_t parent);
  void enter_targets(RootId root);
  template <typename Enter>
  ObjectId search(const Enter& enter_start, const std::function<bool(ObjectId)>& is_wanted);
  ObjectId search_on(bool over_weak, const std::function<bool(ObjectId)>& is_wanted);
  std::vector<graph::NodeId> way_to(ObjectId to);

  const heap::Snapshot& snapshot_;
  graph::RootForest forest_;
  graph::WeakEdges weak_;               // empty: none is
  std::vector<bool> is_weak_;           // by edge of the object that is visited
  HugeArray<std::uint32_t> parent_;     // by ObjectId: vertex + 1; 0 = not visited
  std::vector<std::uint32_t> visited_;  // in the order of visits
  graph::Vertices vertices_;
};

}  // namespace holdfast::view
