// Which owner of those that reach a shared object comes first, in an order of the caller's: a member of the set that
// Sharing (graph/sharing.h) finds for it, of any size, without what that takes for all objects. One search forwards
// from one owner after the other, which visits each object once, ends at the object and knows the way that it came.
#pragma once

#include <span>
#include <vector>

#include "base/ids.h"
#include "graph/dominators.h"
#include "graph/node.h"
#include "graph/sharing.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct FirstOwner {
  Owner owner = 0;
  // A shortest way from it: nodes of the root forest from the outermost on, then objects; the object is the last. Empty
  // if the search began at an object, as it does at those that have fixed owners.
  std::vector<NodeId> way;
};

// `order` has each owner at most once, and one that reaches the object. At most two searches over everything. 8 B per
// pointerful object and three bits per object; one thread; throws when it is cancelled.
FirstOwner first_owner(const heap::Snapshot& snapshot, const Dominators& dominators, const Ownership& ownership,
                       std::span<const Owner> order, ObjectId object);

}  // namespace holdfast::graph
