// Who shares what. The dominator tree hangs everything that two roots reach on the super root and forgets which two.
// Here the caller puts the roots together into owners (a package variable, a group of goroutines, the runtime), and
// each object directly under the super root gets the set of owners that reach it. What such an object dominates is
// reached by the same owners, since every path to it goes through the object.
//
// Sets are exact up to kMostOwners; a larger one is a set of kinds of owners. The runtime's own records refer to each
// other in circles (a goroutine's record to its thread, that one to the others), so that through them everything would
// reach everything: the caller can fix the owner of such objects, and then it counts no more who refers to them.
//
// One pass over the edges, then linear in the references to what is shared: strongly connected components in
// topological order. Takes 4 B per pointerful object and 8 B per reference to what is shared while it runs; afterwards
// 4 B per shared object and 1.5 bits per object.
#pragma once

#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "base/huge_array.h"
#include "base/ranked_bits.h"
#include "graph/dominators.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

using Owner = std::uint32_t;

// What the caller decides.
struct Ownership {
  std::vector<Owner> of_root;          // by RootId: the owner that the node of the root forest belongs to
  std::vector<std::uint32_t> kind_of;  // by Owner: any small number
  std::vector<std::pair<ObjectId, Owner>>
      fixed;  // ascending by object; those that a single root dominates do not count
};

class Sharing {
 public:
  static constexpr std::uint32_t kMostOwners = 256;

  // A set of owners, or of kinds if there are too many.
  struct Set {
    std::vector<std::uint32_t> members;  // ascending: owners or kinds
    bool of_kinds = false;

    auto operator<=>(const Set&) const = default;
  };

  // Throws when it is cancelled.
  Sharing() = default;
  Sharing(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership);

  // Whether the object is shared: no root alone dominates it, and it can be reached.
  bool is_shared(ObjectId object) const { return shared_.has(object.row); }
  // A row of sets(). The object must be shared.
  std::uint32_t set_of(ObjectId object) const { return set_[shared_.rank(object.row)]; }
  const std::vector<Set>& sets() const { return sets_; }
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
};

}  // namespace holdfast::graph
