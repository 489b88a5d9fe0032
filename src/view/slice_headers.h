// Finds the headers of slices and strings by the pointers of a snapshot: each edge, and each word of a package
// variable, whose place has the type of a slice or string. Sizes and offsets are in bytes. One thread; throws when it
// is cancelled.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "graph/node.h"
#include "graph/reachability.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "view/target_bytes.h"

namespace holdfast::view {

struct SliceHeader {
  graph::NodeId from;    // an object, or a package variable
  std::uint64_t at = 0;  // of its first word, from the start of the object's slot, or from Root::where
  TypeId type;           // []T or string
  ObjectId into;         // what it refers to
  std::uint64_t begin = 0, length = 0, capacity = 0;  // bytes of the object, from the start of its slot

  std::uint64_t end() const { return begin + length; }
};

// A word that leads to an object and is no header, or none whose length can be believed.
struct OtherPointer {
  graph::NodeId from;
  std::uint64_t at = 0;
  ObjectId into;
};

struct SliceHeaders {
  std::vector<SliceHeader> headers;  // by what they refer to, then by where that begins
  std::vector<OtherPointer> others;  // to what is wanted, by what they refer to
  std::uint64_t odd = 0;             // headers that contradict themselves or the heap: they are among the others
};

// Looks at what reached objects and roots refer to, as far as `wanted` lets it. The snapshot must have the content of
// both.
SliceHeaders find_slice_headers(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                                const graph::Reachability& reached, const std::function<bool(ObjectId)>& wanted);

}  // namespace holdfast::view
