// The entries of a map by the graph alone: which pointers of its tables lie in keys, and which in elements.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "graph/dominators.h"
#include "heap/snapshot.h"
#include "view/map_entries.h"
#include "view/names.h"
#include "view/slice_headers.h"
#include "view/target_bytes.h"

namespace holdfast::detect {

// The objects that have a map's groups or buckets, of those that it alone keeps.
std::vector<ObjectId> tables_of(const heap::Snapshot& snapshot, const graph::Dominators& dominators, ObjectId header);

// The map type that a header is of; none if it is not known.
TypeId map_of_header(const heap::Snapshot& snapshot, ObjectId header);

// Tells places of headers apart: fields of types, package variables. A field of all elements of an array is one place,
// and so are all keys of a map, or all of its elements.
class HeaderPlaces {
 public:
  // They must outlive this.
  HeaderPlaces(const heap::Snapshot& snapshot, const view::Names& names)
      : snapshot_(snapshot), names_(names), bytes_(snapshot, names.index()), reader_(snapshot, bytes_) {}

  // Returns the row of the type and the offset in its values, or the root. `at` is from the start of the object's slot.
  std::pair<std::uint64_t, std::uint64_t> of(graph::NodeId from, std::uint64_t at);

 private:
  const heap::Snapshot& snapshot_;
  const view::Names& names_;
  view::TargetBytes bytes_;
  view::MapReader reader_;
};

// Calls visit(edge, slot, is_key, offset) for each pointer of the table that lies in a slot, in ascending order: `slot`
// is the number of the slot in the table, `offset` is from the start of the key or element.
template <typename Visit>
void for_each_slot_pointer(const view::Names& names, const view::MapSlots& slots, ObjectId table, const Visit& visit) {
  const heap::Snapshot& snapshot = names.snapshot();
  const heap::Span& span = snapshot.spans[names.index().find_span(table).row];
  std::uint64_t offset = 0;
  for (const std::uint32_t edge : snapshot.edges.of(table.row)) {
    offset += heap::edge_step(snapshot.edges, edge);
    const std::uint64_t in_table = offset - span.header, group = in_table / slots.bytes, at = in_table % slots.bytes;
    const auto look = [&](std::uint64_t first, std::uint64_t stride, std::uint64_t bytes, bool is_key) {
      if (stride == 0 || at < first) return;
      const std::uint64_t slot = (at - first) / stride, inside = (at - first) % stride;
      if (slot < view::MapSlots::kCount && inside < bytes)
        visit(edge, group * view::MapSlots::kCount + slot, is_key, inside);
    };
    look(slots.keys, slots.key_stride, slots.key_bytes, true);
    look(slots.elems, slots.elem_stride, slots.elem_bytes, false);
  }
}

}  // namespace holdfast::detect
