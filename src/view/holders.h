// Finds what holds the memory: the few places in the dominator tree where retained bytes pile up. One thread.
//
// From each home (view/owners.h) the search follows the bytes downwards in levels. A level is a set of nodes of one
// sort (of one type, if it is known; for roots of one kind), together with those of the same sort that they dominate,
// so that a list or a tree is one level. The children of a level are grouped by sort; while one group has most of the
// bytes, it is the next level. If no group has, the large things among the children become holders of their own, unless
// the level is a map or already many things: then it is told by what it has most of. The level at which the number of
// things grows most is the one that a sentence is about: "16,000 × main.Session in the map main.registry.sessions". The
// levels between it and the root give the place, the levels below it the rest of the chain. Many goroutines at one
// place count together with all that only they hold. No byte is counted for two holders.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/dominator_tree.h"
#include "view/allocation_sites.h"
#include "view/groundwork.h"
#include "view/holder_search.h"
#include "view/report.h"

namespace holdfast::view {

// Returns those that have at least 0.5 % of `live_bytes`, the stacks of goroutines included; the largest come first.
// The tree is not needed afterwards.
std::vector<Found> search_holders(const Groundwork& groundwork, const graph::DominatorTree& tree,
                                  std::uint64_t live_bytes);
// The same, for those that have at least `smallest` bytes.
std::vector<Found> search_holders_from(const Groundwork& groundwork, const graph::DominatorTree& tree,
                                       std::uint64_t smallest);

// Puts the first `limit` of them into words. Where several ways lead on it looks for a shortest one (view/ways.h).
std::vector<Holder> describe_holders(const Groundwork& groundwork, const AllocationSamples& samples,
                                     std::span<const Found> found, std::size_t limit);

// A holder that can be found again at another look.
struct IdentifiedHolder {
  Sentence what;
  std::uint64_t count = 0;            // how many things it speaks of
  std::vector<std::string> identity;  // as HoldingPlace::identity, of the example that its chain leads to
};

// Returns one for each of them.
std::vector<IdentifiedHolder> identify_holders(const Groundwork& groundwork, std::span<const Found> found);

// How one object is held.
struct HoldingPlace {
  Sentence text;  // "main.registry.sessions"
  std::vector<ChainStep> chain;
  // What stays the same when the program is edited elsewhere and whatever its data are: the kinds and names of the
  // roots, the fields on the way, and the type of the object.
  std::vector<std::string> identity;
};

// Finds places. What the search for ways needs is made once, when the first shared object is asked about. One thread.
class PlaceFinder {
 public:
  // It must outlive this.
  explicit PlaceFinder(const Groundwork& groundwork);
  ~PlaceFinder();
  PlaceFinder(const PlaceFinder&) = delete;
  PlaceFinder& operator=(const PlaceFinder&) = delete;

  HoldingPlace place_of(ObjectId object);

 private:
  class Describe;
  std::unique_ptr<Describe> describe_;
};

}  // namespace holdfast::view
