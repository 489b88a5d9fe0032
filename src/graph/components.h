// Objects that lead to each other: the strongly connected components of two objects or more, among those that are
// reached. Objects from which no way leads back are peeled off first (graph/sink_layers.h), the rest is searched depth
// first (R. Tarjan, 1972). 12 B per pointerful object while it runs and 8 B for each on the way, 4 B afterwards; one
// thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct Component {
  ObjectId first;  // the lowest one
  std::uint32_t objects = 0;
};

class Components {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  Components(const heap::Snapshot& snapshot, const Reachability& reached);

  // Ascending by their first objects.
  const std::vector<Component>& rows() const { return rows_; }
  // Returns the row of the object's component; kNone if it is in none.
  std::uint32_t of(ObjectId object) const { return object.row < of_.size() ? of_[object.row] - 1 : kNone; }

 private:
  class Search;

  std::vector<Component> rows_;
  HugeArray<std::uint32_t> of_;  // by pointerful object: row + 1; 0 = none
};

}  // namespace holdfast::graph
