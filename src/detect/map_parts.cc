#include "detect/map_parts.h"

namespace holdfast::detect {
namespace {

// Where it would be in the first slot.
std::uint64_t in_first_slot(const view::MapSlots& slots, std::uint64_t at) {
  const auto first = [&](std::uint64_t begin, std::uint64_t stride, std::uint64_t bytes) {
    const std::uint64_t inside = at < begin || stride == 0 ? bytes : (at - begin) % stride;
    return inside < bytes && (at - begin) / stride < view::MapSlots::kCount ? begin + inside : at;
  };
  const std::uint64_t key = first(slots.keys, slots.key_stride, slots.key_bytes);
  return key != at ? key : first(slots.elems, slots.elem_stride, slots.elem_bytes);
}

// Where it would be in the first elements of all arrays that it lies in.
std::uint64_t in_first_elements(const heap::Snapshot& snapshot, TypeId type, std::uint64_t at) {
  constexpr int kDeepest = 64;
  std::uint64_t begin = 0;  // of what is left, in the whole
  for (int depth = 0; type && depth < kDeepest; ++depth) {
    const heap::Type& row = snapshot.types[type.row];
    if (row.kind == heap::TypeKind::kArray && row.elem && snapshot.types[row.elem.row].size > 0) {
      type = row.elem;
      at %= snapshot.types[type.row].size;
      continue;
    }
    type = {};
    if (row.kind != heap::TypeKind::kStruct) break;
    for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f) {
      const heap::Field& field = snapshot.fields[f];
      if (!field.type || at < field.offset || at - field.offset >= snapshot.types[field.type.row].size) continue;
      type = field.type;
      begin += field.offset;
      at -= field.offset;
      break;
    }
  }
  return begin + at;
}

}  // namespace

std::pair<std::uint64_t, std::uint64_t> HeaderPlaces::of(graph::NodeId from, std::uint64_t at) {
  const ObjectId object = from.object();
  if (!object) return {~std::uint64_t{0}, from.root().row};
  const TypeId type = snapshot_.object_type[object.row].type();
  std::uint64_t offset = at - snapshot_.spans[names_.index().find_span(object).row].header;
  if (!type) return {type.row, offset};
  const heap::Type& row = snapshot_.types[type.row];
  if (row.size > 0) offset %= row.size;
  const bool has_slots = row.role == heap::TypeRole::kMapGroup || row.role == heap::TypeRole::kMapBucket;
  if (const view::MapSlots* const slots = has_slots && row.of ? reader_.slots_of(row.of) : nullptr)
    offset = in_first_slot(*slots, offset % slots->bytes);
  else
    offset = in_first_elements(snapshot_, type, offset);
  return {type.row, offset};
}

TypeId map_of_header(const heap::Snapshot& snapshot, ObjectId header) {
  const TypeId type = snapshot.object_type[header.row].type();
  return type ? snapshot.types[type.row].of : TypeId();
}

std::vector<ObjectId> tables_of(const heap::Snapshot& snapshot, const graph::Dominators& dominators, ObjectId header) {
  std::vector<ObjectId> parts = {header}, tables;
  while (!parts.empty()) {
    const ObjectId part = parts.back();
    parts.pop_back();
    if (part.row >= snapshot.pointerful) continue;
    ObjectId before;  // neighbours in a directory can be one table
    for (const std::uint32_t edge : snapshot.edges.of(part.row)) {
      const ObjectId target(snapshot.edges.target[edge]);
      const TypeId type = snapshot.object_type[target.row].type();
      if (!type || target == before || dominators.idom(target).object() != part) continue;
      const heap::TypeRole role = snapshot.types[type.row].role;
      if (!heap::is_map_part(role) || role == heap::TypeRole::kMapHeader) continue;
      before = target;
      parts.push_back(target);
      if (role == heap::TypeRole::kMapGroup || role == heap::TypeRole::kMapBucket) tables.push_back(target);
    }
  }
  return tables;
}

}  // namespace holdfast::detect
