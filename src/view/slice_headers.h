// Finds the headers of slices and strings by the pointers of a snapshot: each edge, and each word of a package
// variable, whose place has the type of a slice or string; and words of frames, as Snapshot::frame_headers has them.
// Sizes and offsets are in bytes. One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <functional>
#include <unordered_map>
#include <vector>

#include "graph/node.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "view/target_bytes.h"

namespace holdfast::view {

struct SliceHeader {
  graph::NodeId from;          // an object, a package variable, or a frame
  std::uint64_t at = 0;        // of its first word, from the start of the object's slot, or from Root::where
  TypeId type = {};            // []T or string
  ObjectId into;               // what it refers to
  std::uint64_t begin = 0;     // from the start of the object's slot
  std::uint64_t length = 0;    // of the object
  std::uint64_t capacity = 0;  // of the object; if the frame does not keep it, `length`
  std::uint64_t element = 1;   // of one of its elements
  const heap::FrameHeader* frame = nullptr;  // in the snapshot, if it stands in a frame

  std::uint64_t end() const { return begin + length; }
};

// A word that leads to an object and is no header, or none whose length can be believed.
struct OtherPointer {
  graph::NodeId from;
  std::uint64_t at = 0;
  ObjectId into;
  const heap::FrameHeader* frame = nullptr;  // of a slice or string whose length is not known, or not surely
};

struct SliceHeaders {
  std::vector<SliceHeader> headers;  // by what they refer to, then by where that begins
  std::vector<OtherPointer> others;  // to what is wanted, by what they refer to
  std::uint64_t odd = 0;             // headers that contradict themselves or the heap: they are among the others
};

// Looks at what reached objects and roots refer to, as far as `wanted` lets it. Where the snapshot does not have the
// content of both, `wanted` may only want large objects (heap/large_header.h).
SliceHeaders find_slice_headers(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                                const std::function<bool(ObjectId)>& reached,
                                const std::function<bool(ObjectId)>& wanted);

}  // namespace holdfast::view
