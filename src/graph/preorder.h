// Numbers what can be reached depth first, and gathers on the way all that semidominators need. One search does the
// work of four passes, because an edge shows its direction when it is met:
//   - its target is numbered already: then the target's number is not above the source's. Only such edges (18 % on a
//     real heap) are kept, as `back`;
//   - its target is not numbered yet: the target will get a higher number. Of these only the lowest source counts, and
//     that is the last one to be taken from the stack;
//   - its target is deferred, as pointer-free objects and sinks are: the first holder is noted in the target's place,
//     which is all that most of them ever need, and what holds it besides is kept as `shared`.
// So no renumbered copy of the edges is ever made. The search waits for memory most of the time: 13 ns per object on a
// heap as programs build it. It runs on one thread and throws when it is cancelled.
#pragma once

#include <cstdint>
#include <vector>

#include "base/huge_array.h"
#include "graph/node.h"
#include "graph/sink_layers.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct KeptEdge {
  std::uint32_t into = 0;  // ObjectId row
  std::uint32_t from = 0;  // number
};

struct Preorder {
  static constexpr std::uint32_t kSuperRoot = 1;  // its number; 0 is nobody's

  std::uint32_t end = 0;                   // one more than the last number given
  HugeArray<std::uint32_t> number;         // by ObjectId, 0 = not reached; that of the first holder for deferred ones
  std::vector<std::uint32_t> root_number;  // by RootId
  HugeArray<std::uint32_t> parent;         // by number: in the search tree
  HugeArray<std::uint32_t> lowest;         // by number: the lowest source of an edge from a lower number
  HugeArray<KeptEdge> back;                // ascending by `from`, which is not below the number of `into`
  HugeArray<KeptEdge> shared;              // ascending by `from`: edges into deferred objects, except the first of each
  HugeArray<std::uint64_t> spare;          // `end` words or more of memory that was touched already, for the next pass
};

// Pointer-free objects and those of `sinks` get no number; columns by number have room for the sinks. Fails with
// kDamaged as RootForest does.
Preorder number_depth_first(const heap::Snapshot& snapshot, const Vertices& vertices, const SinkLayers& sinks);

}  // namespace holdfast::graph
