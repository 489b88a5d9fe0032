// Which objects the roots reach: a bit per object. Costs 4 ns per object on a heap as programs build it and 10 ns
// without locality; 4 B per pointerful object while it runs, 1/8 B per object afterwards.
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
  std::uint64_t bytes = 0;        // the sum of their sizes

  bool contains(ObjectId object) const { return heap::test_bit(bits, object.row); }
};

// Takes away roots and objects: the answer is what would still be reached without them.
struct ReachOptions {
  // Whether the targets of this node of the root forest count. Each node is asked for itself, not for its children.
  // Empty = all.
  std::function<bool(RootId)> use_root = {};
  // Objects that are not entered.
  std::vector<ObjectId> without = {};
};

// Runs on one thread; throws when it is cancelled.
Reachability reach(const heap::Snapshot& snapshot, const ReachOptions& options = {});

}  // namespace holdfast::graph
