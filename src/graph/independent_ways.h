// How firmly an object is held: ways to it that share nothing, and the fewest references without which it would be
// free. Both search backwards, over graph/referrers.h, and visit what leads to the object. 8 B (ways) or 4 B (cut) for
// each object that is visited; one thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "graph/node.h"
#include "graph/referrers.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

// How long to search.
struct SearchLimits {
  std::uint32_t most = 16;                 // ways, references
  std::uint64_t most_visits = 50'000'000;  // of objects, by all searches together
};

struct IndependentWays {
  // Each from a node of the root forest to the object. They have no object in common but the last, and no two begin
  // with roots of one group.
  std::vector<std::vector<NodeId>> ways;
  bool is_complete = false;  // there are no more than these; otherwise a limit ended the search
};

// `group_of_root`, by RootId, says which roots are one holder.
IndependentWays independent_ways(const Backwards& graph, std::span<const std::uint32_t> group_of_root, ObjectId object,
                                 const SearchLimits& limits = {});

// Pointers from a root or an object to an object.
struct Reference {
  NodeId from;
  ObjectId to;
  std::uint32_t pointers = 1;

  bool operator==(const Reference&) const = default;
};

struct SmallestCut {
  // Without which nothing leads to the object; of all the smallest sets the one that is nearest to it. Empty if it is
  // not complete.
  std::vector<Reference> references;
  // That it takes at least.
  std::uint32_t pointers = 0;
  bool is_complete = false;
};

// With `most` limits.most pointers.
SmallestCut smallest_cut(const Backwards& graph, ObjectId object, const SearchLimits& limits = {});

}  // namespace holdfast::graph
