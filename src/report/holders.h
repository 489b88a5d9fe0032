// What holds the memory: the few places in the dominator tree where retained bytes pile up.
//
// From each child of the super root the search follows the bytes downwards in levels. A level is a set of nodes of one
// sort (a type, unless it is not known; a kind of root), together with those of the same sort that they dominate, so
// that a list or a tree is one level. The children of a level are grouped by sort; while one group has most of the
// bytes, it is the next level. Where no group has, the level is split into its large groups, unless it is many things
// already. The level whose number of things grows most is what a sentence speaks of: "16,000 × main.Session in the map
// main.registry.sessions". The levels between it and the root give the place, the levels below it the rest of the
// chain. Bytes are never counted for two holders.
#pragma once

#include <vector>

#include "report/dominated.h"
#include "report/names.h"
#include "report/report.h"

namespace holdfast::report {

// The largest holders with at least 0.5 % of `live_bytes`, by bytes.
std::vector<Holder> find_holders(const Names& names, const Dominated& dominated, std::uint64_t live_bytes,
                                 std::size_t limit);

// How one object is held.
struct Place {
  std::string text;  // "main.registry.sessions"
  std::vector<ChainStep> chain;
};
Place place_of(const Names& names, const Dominated& dominated, ObjectId object);

}  // namespace holdfast::report
