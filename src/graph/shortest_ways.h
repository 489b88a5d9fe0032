// A shortest way from the roots to each object: one breadth-first search that remembers where it came from. Where the
// caller prefers some ways, these are taken even if they are longer: a shortest one of the best there are. A package
// variable is preferred to a goroutine, and that to anything else, where ways are of one length. 4 B per object,
// besides what the search takes; one thread; throws when it is cancelled. Afterwards several threads may ask.
#pragma once

#include <cstdint>
#include <vector>

#include "base/huge_array.h"
#include "graph/node.h"
#include "graph/reachability.h"
#include "graph/referrers.h"
#include "graph/sharing.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

// Which ways are better, however long they are. First, one without weak edges: an object is reached over such an edge
// only if no other way leads to it. Then, one from a root of a higher rank.
struct WayPreference {
  // An object with more pointers, so an array of things, refers weakly to nothing: each pointer is compared with all.
  static constexpr std::uint32_t kMostWeighed = 64;

  std::vector<std::uint8_t> rank;  // by RootId; empty: all are alike
  WeakEdges weak = {};             // empty: none is

  std::uint8_t rank_of(RootId root) const { return rank.empty() ? 0 : rank[root.row]; }
};

// The same for one object, backwards from it: it visits what leads to the object until it meets a root of the highest
// rank. 4 B for each object of the snapshot, and for each that it visits.
std::vector<NodeId> shortest_way_to(const Backwards& graph, ObjectId object, const WayPreference& preference = {});

class ShortestWays {
 public:
  // The snapshot must outlive this. Fails as Vertices does.
  explicit ShortestWays(const heap::Snapshot& snapshot, const WayPreference& preference = {},
                        const ReachOptions& options = {});

  // Returns the nodes of the root forest, the outermost first, then the objects; the object is the last. Empty if no
  // root reaches it.
  std::vector<NodeId> way_to(ObjectId object) const;
  // Returns what comes before the object on that way: an object or a node of the root forest; none if no root reaches
  // it. What comes before that is on its own shortest way.
  NodeId before(ObjectId object) const {
    return before_[object.row] == 0 ? NodeId() : vertices_.node(before_[object.row] - 1);
  }

 private:
  const heap::Snapshot& snapshot_;
  Vertices vertices_;
  HugeArray<std::uint32_t> before_;  // by object: the vertex before + 1; 0 = not reached
};

}  // namespace holdfast::graph
