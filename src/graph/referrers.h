// The edges backwards: which objects and roots refer to an object. Takes 4 B per object and 4 B per edge, and is built
// on up to four threads, with the same result; afterwards several threads may read it. Nothing throws.
#pragma once

#include <cstdint>
#include <optional>
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
  explicit Referrers(const heap::Snapshot& snapshot);
  // Only of one object, in one pass over the edges and without memory for the others; of() may be asked about no other.
  Referrers(const heap::Snapshot& snapshot, ObjectId only);

  // Returns the rows of the objects that refer to it, ascending, one for each edge: one that has two pointers to it is
  // there twice. Garbage refers, too.
  std::span<const std::uint32_t> of(ObjectId object) const {
    if (only_) {
      HOLDFAST_CHECK(object == *only_);
      return source_.span();
    }
    const std::uint32_t begin = begin_[object.row];
    return source_.span().subspan(begin, begin_[object.row + 1] - begin);
  }
  // Returns the nodes of the root forest that refer to it themselves, ascending, one for each pointer.
  std::span<const RootId> roots_of(ObjectId object) const;

 private:
  void add_roots(const heap::Snapshot& snapshot);

  std::optional<ObjectId> only_;     // none: all
  HugeArray<std::uint32_t> begin_;   // by object; one more at the end. Empty for only one
  HugeArray<std::uint32_t> source_;  // grouped by target
  std::vector<ObjectId> target_;     // of each pointer of a root, ascending
  std::vector<RootId> root_;         // beside target_
};

// What searches backwards look at. Garbage holds nothing. `reached` may be of a snapshot without some roots and
// objects.
struct Backwards {
  const heap::Snapshot& snapshot;
  const Referrers& referrers;
  const Reachability& reached;
};

}  // namespace holdfast::graph
