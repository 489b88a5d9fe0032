// What one part of an object alone keeps alive: which key of a map, which element of a slice holds most. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "graph/dominators.h"
#include "graph/referrers.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::view {

class Alone {
 public:
  // All must outlive this.
  Alone(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const graph::Dominators& dominators,
        const graph::Referrers& referrers)
      : snapshot_(snapshot), index_(index), dominators_(dominators), referrers_(referrers) {}

  // Returns what would be free at least if the words in these ranges of one object were null: the sum of what the
  // objects retain that they alone lead to. It is less than all only where two such objects share what both lead to. 0
  // outside of the heap and of objects that nothing reaches.
  std::uint64_t bytes(std::span<const AddressRange> words);

 private:
  struct Target {
    std::uint32_t row = 0;
    std::uint32_t words = 0;  // in the ranges that lead to it
  };

  void find_row(ObjectId object);
  void add_targets(AddressRange words);
  bool is_held_alone(const Target& target) const;
  bool is_below(ObjectId object) const;

  const heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  const graph::Dominators& dominators_;
  const graph::Referrers& referrers_;
  ObjectId object_;                    // whose row this is:
  std::vector<std::uint64_t> offset_;  // of each of its edges, in bytes
  std::vector<Target> targets_;        // candidates, ascending
};

}  // namespace holdfast::view
