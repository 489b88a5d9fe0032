// The dominator tree and what each node keeps alive. A node's immediate dominator is the nearest other node that is on
// every path from the super root to it; it retains what it dominates, itself included: what the collector could free
// if the node were gone. Nodes are the super root, the root forest and the objects.
//
// SEMI-NCA over a depth-first numbering (L. Georgiadis, Linear-Time Algorithms for Dominators and Related Problems,
// 2005), with three departures that a heap asks for: pointer-free objects take no part (their dominator is a nearest
// common ancestor at the end); the climb in the tree uses skew-binary jump pointers, since the plain climb is quadratic
// on a long list whose items are shared; and edges to lower numbers are the only ones kept (graph/preorder.h).
//
// Memory in bytes per pointerful object (P), pointer-free object (L) and back edge (B), beside the snapshot. On a real
// heap (P 53 %, L 47 %, B 31 % of all objects; edges with steps 10.7 B per object) this is per object of all kinds:
//   numbering        number, parent, lowest 12 P, back edges 8 B, stack about 4 P                   = 11.0 B
//   back edges       number, parent, lowest 12 P, forest 8 P, back edges 8 B, their sources 4 B     = 14.3 B, the peak
//   semidominators   number, parent, lowest 12 P, forest 8 P, sources of back edges 4 B             = 11.8 B
//   leaves           number 4 P + 4 L, vertex 4 P, tree and depth 12 P                              = 12.5 B
//   results          idom 4 P + 4 L, vertex 4 P, sums 8 P, held 4 H                                 = 11.8 B
//   after            idom 4 P + 4 L, held 4 H + 8 G, holders 0.2 P                                  =  5.5 B
// where H are the pointerful objects that dominate others (65 % of P), and G those that hold more than fits into 4
// bytes: few on a service's heap, nearly all on a heap of one long list.
#pragma once

#include <cstdint>
#include <vector>

#include "base/huge_array.h"
#include "base/ids.h"
#include "base/ranked_bits.h"
#include "base/timer.h"
#include "graph/held.h"
#include "graph/node.h"
#include "graph/object_sizes.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

// The columns that Dominators answers from, for passes that read whole columns.
struct DominatorColumns {
  Vertices vertices;
  ObjectSizes sizes;
  HugeArray<std::uint32_t> idom;    // by ObjectId: the dominator's vertex + 1; 0 = not reachable
  std::vector<RootId> root_parent;  // by RootId: none = the super root
  RankedBits holders;               // by vertex: objects that dominate others, and all roots
  HugeArray<PackedHeld> held;       // by rank among the holders
  HeldColumn large;                 // what does not fit into `held`
};

class Dominators {
 public:
  explicit Dominators(DominatorColumns columns) : columns_(std::move(columns)) {}

  bool reachable(ObjectId object) const { return columns_.idom[object.row] != 0; }
  // Returns none for the super root and for unreachable objects.
  NodeId idom(NodeId node) const;
  // Returns what the node is under, or is itself, directly under the super root: a root, or an object that several
  // roots reach. None for unreachable objects.
  NodeId top(NodeId node) const;
  // These return 0 for unreachable objects.
  std::uint64_t retained_bytes(NodeId node) const;
  std::uint32_t retained_count(NodeId node) const;
  // Whether the vertex is an object that dominates only itself. Most are, and need no look at the tree.
  bool is_alone(std::uint32_t vertex) const {
    return vertex >= columns_.vertices.count() || !columns_.holders.has(vertex);
  }

  const DominatorColumns& columns() const { return columns_; }
  std::uint64_t own_bytes() const;

 private:
  Held held(NodeId node) const;

  DominatorColumns columns_;
};

// Returns what can be reached, which is what has a dominator. The same as reach() from all roots, at a tenth of its
// cost.
Reachability reachability(const Dominators& dominators);

// Computes dominators and retained sizes, on all cores where that pays; the result does not depend on their number. The
// snapshot's edges must name existing objects. Adds its passes to `times` unless that is null. Fails with kUnsupported
// or kDamaged as Vertices, ObjectSizes and RootForest do, and throws when it is cancelled.
Dominators dominators(const heap::Snapshot& snapshot, PassTimes* times = nullptr);

}  // namespace holdfast::graph
