// The edges backwards: which objects and roots refer to an object. Takes 4 B for each object that may be asked about,
// and 4 B for each edge to them, and is built on up to four threads, with the same result; afterwards several threads
// may read it. Nothing throws.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/huge_array.h"
#include "base/ids.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

class Referrers {
 public:
  explicit Referrers(const heap::Snapshot& snapshot) : Referrers(snapshot, snapshot.objects, {}) {}
  // Only of one object, in one pass over the edges and without memory for the others; of() may be asked about no other.
  Referrers(const heap::Snapshot& snapshot, ObjectId only) : Referrers(snapshot, 0, only) {}
  // As much as searches backwards from one object ask for: of it, and of all objects with pointers. On most heaps that
  // is less than half.
  static Referrers leading_to(const heap::Snapshot& snapshot, ObjectId object) {
    return {snapshot, snapshot.pointerful, object};
  }

  bool knows(ObjectId object) const { return object.row < listed_ || object == apart_; }
  // Returns the rows of the objects that refer to it, ascending, one for each edge: one that has two pointers to it is
  // there twice. Garbage refers, too.
  std::span<const std::uint32_t> of(ObjectId object) const {
    if (object.row >= listed_) {
      HOLDFAST_CHECK(knows(object));
      return source_apart_;
    }
    const std::uint32_t begin = begin_[object.row];
    return source_.span().subspan(begin, begin_[object.row + 1] - begin);
  }
  // Returns the nodes of the root forest that refer to it themselves, ascending, one for each pointer.
  std::span<const RootId> roots_of(ObjectId object) const;

 private:
  Referrers(const heap::Snapshot& snapshot, std::uint32_t listed, ObjectId apart);
  void add_lists(const heap::Snapshot& snapshot);
  void add_one(const heap::Snapshot& snapshot, ObjectId object);
  void add_roots(const heap::Snapshot& snapshot);

  std::uint32_t listed_ = 0;         // so many objects, the first ones, have lists
  HugeArray<std::uint32_t> begin_;   // by object of these; one more at the end
  HugeArray<std::uint32_t> source_;  // grouped by target
  ObjectId apart_;                   // another object that has one
  std::vector<std::uint32_t> source_apart_;
  std::vector<ObjectId> target_;  // of each pointer of a root, ascending
  std::vector<RootId> root_;      // beside target_
};

// What searches backwards look at. Garbage holds nothing. `reached` may be of a snapshot without some roots and
// objects.
struct Backwards {
  const heap::Snapshot& snapshot;
  const Referrers& referrers;
  const Reachability& reached;
};

}  // namespace holdfast::graph
