// Slices that have grown since an earlier look at the same process. Of what it had then their lengths are kept, and a
// sum of what their elements referred to: equal sums say that the elements of then are still where they were. Sizes are
// in bytes.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::view {

// A large slice as it was.
struct KeptSlice {
  Address at;                  // of its first word; Go never moves what it stands in
  std::uint64_t capacity = 0;  // of its array
  std::uint64_t length = 0;
  std::uint64_t pointers = 0;  // of its elements, to objects
  std::uint64_t sum = 0;       // of these pointers and their places
};

struct GrownSlice {
  Address at;  // of its first word
  std::uint64_t length_before = 0, capacity_before = 0;
  std::uint64_t pointers_before = 0;
  bool same_pointers = false;  // as far as its length was, its elements refer to what they did
};

// Where the header's first word lies.
Address word_of(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const heap::LargeHeader& header);

// Returns those that begin with their arrays, ascending by address, each once. Linear in the elements' pointers.
std::vector<KeptSlice> kept_slices(const heap::Snapshot& snapshot);

// Returns those that are longer than they were, ascending by address.
std::vector<GrownSlice> grown_slices(const std::vector<KeptSlice>& before, const heap::Snapshot& now);

}  // namespace holdfast::view
