// One shortest path from the roots to every object: the parent column of a breadth-first search. Package variables and
// goroutines come first: other roots (finalizers, cleanups, queues, words that may be no pointer) only lead to what
// these do not reach. Among equally short paths the first in the order of roots and edges, so the answer never changes.
// 4 B per object (and 4 B per pointerful one while it runs); rebuild rather than keep it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "graph/node.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct PathStep {
  ObjectId object;
  // The edge that leads here: of the first step an index into Snapshot::root_targets, of the others into Edges::target.
  std::uint32_t edge = 0;
};

struct Path {
  std::vector<RootId> roots;    // outermost first; the last one has the reference
  std::vector<PathStep> steps;  // the last one is the object asked for; empty = not reachable
};

class ShortestPaths {
 public:
  // Keeps a reference to the snapshot. `use_root` as in ReachOptions; empty = all roots.
  explicit ShortestPaths(const heap::Snapshot& snapshot, const std::function<bool(RootId)>& use_root = {});

  // The object or root that refers to it on its path; none if it is not reachable.
  NodeId parent(ObjectId object) const;
  Path path_to(ObjectId object) const;

 private:
  const heap::Snapshot& snapshot_;
  Vertices vertices_;
  HugeArray<std::uint32_t> parent_;  // by ObjectId: vertex + 1; 0 = not reached
};

}  // namespace holdfast::graph
