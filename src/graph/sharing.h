// Who shares what. The dominator tree hangs everything that two roots reach on the super root and forgets which two.
// Here the caller puts the roots together into owners (a package variable, a group of goroutines, the runtime), and
// each object directly under the super root gets the set of owners that reach it. What such an object dominates is
// reached by the same owners, since every path to it goes through the object.
//
// Sets are exact up to kMostOwners; a larger one is a set of kinds of owners. The runtime's own records refer to each
// other in circles (a goroutine's record to its thread, that one to the others), so that through them everything would
// reach everything: the caller can fix the owner of such objects, and then it counts no more who refers to them.
//
// Some references know an object and do not hold it: a child's pointer to its parent. Where the caller says so, and
// other references reach the object, such a one gives its owners no part in it.
//
// One pass over the edges on all cores, then linear in the references to what is shared: strongly connected components,
// in topological order, of what refers to other shared objects, then one pass for the rest. The result does not depend
// on the number of threads. Takes 4 B per pointerful object, 8 B per reference to what is shared, and 16 B per shared
// object while it runs; afterwards 4 B per shared object and 1.5 bits per object.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "base/huge_array.h"
#include "base/ranked_bits.h"
#include "graph/dominators.h"
#include "graph/set_table.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

using Owner = std::uint32_t;

// Fills a flag for each edge of the object's row: whether it is weak in meaning. Returns false if none is, and then
// need not fill anything. Empty if no edge of the snapshot is.
using WeakEdges = std::function<bool(ObjectId source, std::vector<bool>& weak)>;

// What the caller decides.
struct Ownership {
  std::vector<Owner> of_root;          // by RootId: the owner that the node of the root forest belongs to
  std::vector<std::uint32_t> kind_of;  // by Owner: any small number
  std::vector<std::pair<ObjectId, Owner>>
      fixed;  // ascending by object; those that a single root dominates do not count
  WeakEdges weak = {};
};

class Sharing {
 public:
  static constexpr std::uint32_t kMostOwners = 256;

  using Set = OwnerSet;

  // A weak edge that gave the owners that reach its source no part in the shared object that it leads to.
  struct WeakReference {
    ObjectId from;
    std::uint32_t edge = 0;
    ObjectId to;
    std::uint32_t set = 0;  // of the source
  };

  // Throws when it is cancelled.
  Sharing() = default;
  Sharing(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership);

  // Whether the object is shared: no root alone dominates it, and it can be reached.
  bool is_shared(ObjectId object) const { return shared_.has(object.row); }
  // A row of sets(). The object must be shared.
  std::uint32_t set_of(ObjectId object) const { return set_[shared_.rank(object.row)]; }
  const std::vector<Set>& sets() const { return sets_; }
  // Of those with the same source and object, or with sources that one object or owner dominates, one.
  const std::vector<WeakReference>& weak() const { return weak_; }
  std::uint32_t count() const { return static_cast<std::uint32_t>(set_.size()); }
  // Calls visit(ObjectId) for each shared object, ascending.
  template <typename Visit>
  void for_each(const Visit& visit) const {
    shared_.for_each(0, objects_, [&](std::uint32_t row) { visit(ObjectId(row)); });
  }

 private:
  class Search;

  std::uint64_t objects_ = 0;
  RankedBits shared_;
  HugeArray<std::uint32_t> set_;  // by rank among the shared
  std::vector<Set> sets_;
  std::vector<WeakReference> weak_;
};

}  // namespace holdfast::graph
