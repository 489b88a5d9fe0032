// What holds the memory: the few places in the dominator tree where retained bytes pile up.
//
// From each child of the super root the search follows the bytes downwards in levels. A level is a set of nodes of one
// sort (a type, unless it is not known; a kind of root), together with those of the same sort that they dominate, so
// that a list or a tree is one level. The children of a level are grouped by sort; while one group has most of the
// bytes, it is the next level. Where no group has, the level is split into its large groups, unless it is many things
// already. The level whose number of things grows most is what a sentence speaks of: "16,000 × main.Session in the map
// main.registry.sessions". The levels between it and the root give the place, the levels below it the rest of the
// chain. Many goroutines at one place count with all that only they hold. Bytes are never counted for two holders.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/dominator_tree.h"
#include "view/holder_search.h"
#include "view/names.h"
#include "view/report.h"

namespace holdfast::view {

// Those with at least 0.5 % of `live_bytes`, the largest first, with the stacks of goroutines. The tree is not needed
// afterwards.
std::vector<Found> search_holders(const Names& names, const graph::DominatorTree& tree, std::uint64_t live_bytes);

// The first `limit` of them in words. 4 B per object and 4 B per pointerful one while it runs if something has no
// single root.
std::vector<Holder> describe_holders(const Names& names, const graph::Dominators& dominators,
                                     std::span<const Found> found, std::size_t limit);

// How one object is held.
struct Place {
  std::string text;  // "main.registry.sessions"
  std::vector<ChainStep> chain;
};

// Finds places; what the search for ways needs is made once, when something is first found to be shared.
class PlaceFinder {
 public:
  // Both must outlive this.
  PlaceFinder(const Names& names, const graph::Dominators& dominators);
  ~PlaceFinder();
  PlaceFinder(const PlaceFinder&) = delete;
  PlaceFinder& operator=(const PlaceFinder&) = delete;

  Place place_of(ObjectId object);

 private:
  class Describe;
  std::unique_ptr<Describe> describe_;
};

}  // namespace holdfast::view
