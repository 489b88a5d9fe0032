// Names a place inside an object as a person would write it: ".sessions", "[3].next", ".items[2].key". These functions
// can be called by several threads at once; none throws.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

struct FieldPath {
  std::string text;
  bool is_named = false;         // it begins with a field or an element, not with a distance
  std::vector<StringId> fields;  // on the way, the outermost first
};

// `offset` is in bytes from the start of the value (behind Span::header). `bytes` is the room that the value has: if
// that is at least two values of the type, they are an array. The pointer words of strings, slices, interfaces, maps
// and the like get no suffix of their own. A place without a name ends in its distance: ".buf+0x8", or "+0x18" if the
// type is not known. The path ends where `is_one_thing` says of a type that its parts are nobody's concern. The type
// table may be damaged, even contain itself.
FieldPath field_path(const Snapshot& snapshot, TypeId type, std::uint64_t offset, std::uint64_t bytes = 0,
                     const std::function<bool(TypeId)>& is_one_thing = {});

// Returns how many bytes lie between an edge's source word and that of the edge before it in its row; of the first one,
// where it starts.
std::uint64_t edge_step(const Edges& edges, std::uint32_t edge);

// Returns where the edge of this object's row starts, in bytes from the start of its slot. Linear in the edges of the
// row before it.
std::uint64_t edge_offset(const Edges& edges, ObjectId source, std::uint32_t edge);

// Names the same place by the source's type: the field that makes the edge.
class ObjectIndex;
FieldPath edge_path(const Snapshot& snapshot, const ObjectIndex& index, ObjectId source, std::uint32_t edge);

}  // namespace holdfast::heap
