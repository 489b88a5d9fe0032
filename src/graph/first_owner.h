// Which owner of those that reach a shared object comes first, in an order of the caller's: a member of the set that
// Sharing (graph/sharing.h) finds for it, of any size, without what that takes for all objects. One search forwards
// from one owner after the other, which visits each object once and ends at the object.
#pragma once

#include <memory>
#include <vector>

#include "base/ids.h"
#include "graph/dominators.h"
#include "graph/sharing.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

class FirstOwner {
 public:
  // `order` has each owner once. All must outlive this.
  FirstOwner(const heap::Snapshot& snapshot, const Ownership& ownership, std::vector<Owner> order, ObjectId object);
  FirstOwner(const FirstOwner&) = delete;
  FirstOwner& operator=(const FirstOwner&) = delete;
  ~FirstOwner();

  // Searches as far as that is possible as long as nobody knows what is shared, which mostly is far enough: it can run
  // beside dominators. 4 B per pointerful object and three bits per object; one thread; throws when it is cancelled.
  void guess();
  // No root alone may dominate the object, and one must reach it. Searches again if there was no guess, or if what that
  // has met is not as it took it to be. At most two searches over everything.
  Owner find(const Dominators& dominators);

 private:
  class Search;

  const heap::Snapshot& snapshot_;
  const Ownership& ownership_;
  std::vector<Owner> order_;
  ObjectId object_;
  std::unique_ptr<Search> guess_;
};

}  // namespace holdfast::graph
