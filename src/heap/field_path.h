// The name of a place inside an object, as a person would write it: ".sessions", "[3].next", ".items[2].key".
#pragma once

#include <cstdint>
#include <string>

#include "heap/snapshot.h"

namespace holdfast::heap {

struct FieldPath {
  std::string text;
  bool is_named = false;  // it begins with a field or an element, not with a distance
};

// `offset` is in bytes from the start of the value (behind Span::header); `bytes` is the room that the value has: at
// least two values of the type make it an array of them. The pointer words of strings, slices, interfaces, maps and the
// like have no suffix of their own. What has no name ends in its distance: ".buf+0x8", "+0x18" when the type is not
// known. Any type table may be asked, even one that contains itself.
FieldPath field_path(const Snapshot& snapshot, TypeId type, std::uint64_t offset, std::uint64_t bytes = 0);

// Where an edge of this object's row leaves, in bytes from the start of its slot. Linear in the row's edges before it.
std::uint64_t edge_offset(const Edges& edges, ObjectId source, std::uint32_t edge);

// The same as a name, by the source's type: the field that makes the edge.
class ObjectIndex;
FieldPath edge_path(const Snapshot& snapshot, const ObjectIndex& index, ObjectId source, std::uint32_t edge);

}  // namespace holdfast::heap
