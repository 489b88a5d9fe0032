// Which objects the roots reach: a bit per object. 4 ns per object on a heap as built, 10 without locality; 4 B per
// pointerful object while it runs, 1/8 B per object after.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct Reachability {
  HugeArray<std::uint64_t> bits;  // by ObjectId
  std::uint64_t objects = 0;      // reached
  std::uint64_t bytes = 0;        // of these

  bool contains(ObjectId object) const { return heap::test_bit(bits, object.row); }
};

// Less than everything: what would still be reached if these were gone.
struct ReachOptions {
  // Whether the targets of this node of the root forest count; its children are asked for themselves. Empty = all.
  std::function<bool(RootId)> use_root = {};
  // Objects that are not entered.
  std::vector<ObjectId> without = {};
};

Reachability reach(const heap::Snapshot& snapshot, const ReachOptions& options = {});

}  // namespace holdfast::graph
