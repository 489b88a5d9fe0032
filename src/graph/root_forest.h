// The children of each node of the root forest, since the snapshot only names parents. Several threads may read it.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

class RootForest {
 public:
  // Fails with kDamaged when a parent does not come before its child or a root's targets overrun the table.
  explicit RootForest(const heap::Snapshot& snapshot);

  // Both are ascending.
  std::span<const RootId> top() const { return list(static_cast<std::uint32_t>(begin_.size() - 2)); }
  std::span<const RootId> children(RootId root) const { return list(root.row); }

 private:
  std::span<const RootId> list(std::uint32_t parent) const {
    return std::span(children_).subspan(begin_[parent], begin_[parent + 1] - begin_[parent]);
  }

  std::vector<RootId> children_;      // grouped by parent; those without one come last
  std::vector<std::uint32_t> begin_;  // roots + 2
};

}  // namespace holdfast::graph
