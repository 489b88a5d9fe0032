// Tells in which home (view/owners.h) an object is. One thread.
#pragma once

#include <cstdint>

#include "base/huge_array.h"
#include "graph/dominators.h"
#include "view/owners.h"

namespace holdfast::view {

// It remembers what it found: 4 B of address space per object, of which pages that are never asked for take no memory.
class HomeOf {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // Both must outlive this.
  HomeOf(const graph::Dominators& dominators, const Owners& owners);

  // Returns a row of Owners::homes(); kNone for an object that nothing reaches. Takes about as many steps as there are
  // dominators that were not seen before.
  std::uint32_t of(ObjectId object);

 private:
  // What lies above a node is at home where the node is, up to what lies directly under the super root.
  std::uint32_t home_above(graph::NodeId node) const;

  const graph::Dominators& dominators_;
  const Owners& owners_;
  HugeArray<std::uint32_t> known_;  // by ObjectId: row + 1; 0 = not known yet
};

}  // namespace holdfast::view
