// One shortest path from the roots to each object that is asked for: the parents of a breadth-first search, which goes
// only as far as it must, since what people ask about mostly lies near the roots. Package variables and goroutines come
// first: other roots (finalizers, cleanups, queues, words that may be no pointer) only lead to what these do not reach.
// Of equally short paths the first in the order of roots and edges is taken, so the answer does not depend on what was
// asked before. Each question may search on, so one thread at a time may ask. Takes up to 4 B per object and 4 B per
// pointerful one; build it again rather than keep it.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "graph/breadth_first.h"
#include "graph/node.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct PathStep {
  ObjectId object;
  // The edge that leads here: an index into Snapshot::root_targets for the first step, into Edges::target for the
  // others.
  std::uint32_t edge = 0;
};

struct Path {
  std::vector<RootId> roots;    // outermost first; the last one has the reference
  std::vector<PathStep> steps;  // the last one is the object itself; empty = not reachable
};

class ShortestPaths {
 public:
  // Keeps a reference to the snapshot. `use_root` as in ReachOptions; empty = all roots. Fails as Vertices does.
  explicit ShortestPaths(const heap::Snapshot& snapshot, std::function<bool(RootId)> use_root = {});

  // Returns the object or root that refers to it on its path; none if it is not reachable. Both throw when cancelled.
  NodeId parent(ObjectId object);
  Path path_to(ObjectId object);

 private:
  void enter_roots(bool ordinary);
  void search_for(ObjectId object);

  const heap::Snapshot& snapshot_;
  std::function<bool(RootId)> use_root_;
  Vertices vertices_;
  HugeArray<std::uint32_t> parent_;  // by ObjectId: vertex + 1; 0 = not reached so far
  BreadthFirst search_;
  bool all_entered_ = false;  // the other roots have been entered too
};

}  // namespace holdfast::graph
