// Which objects the roots reach: a bit per object. Costs 4 ns per object on a heap as programs build it and 10 ns
// without locality; 4 B per pointerful object while it runs, 1/8 B per object afterwards.
#pragma once

#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "graph/node.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct Reachability {
  HugeArray<std::uint64_t> bits;  // by ObjectId
  std::uint64_t objects = 0;      // reached
  std::uint64_t bytes = 0;        // the sum of their sizes

  bool contains(ObjectId object) const { return heap::test_bit(bits, object.row); }
};

// Takes away roots, objects and pointers: the answer is what would still be reached without them.
struct ReachOptions {
  // Whether the targets of this node of the root forest count. Each node is asked for itself, not for its children.
  // Empty = all.
  std::function<bool(RootId)> use_root = {};
  // Objects that are not entered.
  std::vector<ObjectId> without = {};
  // What is not followed: all pointers from the root or the object to the object. Ascending.
  std::vector<std::pair<NodeId, ObjectId>> without_pointers = {};
};

// The rules of ReachOptions, for searches.
class ReachRules {
 public:
  // Both must outlive this.
  ReachRules(const heap::Snapshot& snapshot, const ReachOptions& options);

  bool starts(RootId root, ObjectId target) const {
    return (!options_.use_root || options_.use_root(root)) &&
           (options_.without_pointers.empty() || !is_cut(root, target));
  }
  bool follows(std::uint32_t source, std::uint32_t target) const {
    return cut_sources_.empty() || !heap::test_bit(cut_sources_, source) || !is_cut(ObjectId(source), ObjectId(target));
  }

 private:
  bool is_cut(NodeId from, ObjectId to) const;

  const ReachOptions& options_;
  HugeArray<std::uint64_t> cut_sources_;  // a bit per object; empty if no pointer of an object is cut
};

// Runs on one thread; throws when it is cancelled.
Reachability reach(const heap::Snapshot& snapshot, const ReachOptions& options = {});

}  // namespace holdfast::graph
