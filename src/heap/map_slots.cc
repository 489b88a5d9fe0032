#include "heap/map_slots.h"

#include <string_view>

namespace holdfast::heap {
namespace {

const Field* field_of(const Snapshot& snapshot, TypeId type, std::string_view name) {
  if (!type) return nullptr;
  const Type& row = snapshot.types[type.row];
  for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f)
    if (snapshot.strings[snapshot.fields[f].name] == name) return &snapshot.fields[f];
  return nullptr;
}

// Maps of one key and element share the type of their groups, whatever the map types are called.
TypeId group_of(const Snapshot& snapshot, TypeId map) {
  const Type& wanted = snapshot.types[map.row];
  TypeId alike;
  for (std::uint32_t t = 0; t < snapshot.types.size(); ++t) {
    const Type& row = snapshot.types[t];
    if ((row.role != TypeRole::kMapGroup && row.role != TypeRole::kMapBucket) || !row.of) continue;
    if (row.of == map) return TypeId(t);
    const Type& other = snapshot.types[row.of.row];
    if (other.key == wanted.key && other.elem == wanted.elem) alike = TypeId(t);
  }
  return alike;
}

}  // namespace

std::optional<MapSlots> find_map_slots(const Snapshot& snapshot, TypeId map) {
  const TypeId group = group_of(snapshot, map);
  const Type& type = snapshot.types[map.row];
  const auto field = [&](TypeId of, std::string_view name) { return field_of(snapshot, of, name); };
  const auto size_of = [&](TypeId id) { return id ? snapshot.types[id.row].size : 0; };
  const auto elem_of = [&](TypeId id) { return id ? snapshot.types[id.row].elem : TypeId(); };
  MapSlots layout;
  layout.bytes = size_of(group);
  TypeId key_type, elem_type;
  if (const Field* slots = field(group, "slots")) {
    const TypeId slot = elem_of(slots->type);
    const Field *key = field(slot, "key"), *elem = field(slot, "elem");
    if (key == nullptr || elem == nullptr) return std::nullopt;
    layout.keys = slots->offset + key->offset;
    layout.elems = slots->offset + elem->offset;
    layout.key_stride = layout.elem_stride = size_of(slot);
    key_type = key->type;
    elem_type = elem->type;
  } else {
    const Field *keys = field(group, "keys"), *elems = field(group, "elems");
    if (keys == nullptr || elems == nullptr) return std::nullopt;
    layout.keys = keys->offset;
    layout.elems = elems->offset;
    key_type = elem_of(keys->type);
    elem_type = elem_of(elems->type);
    layout.key_stride = size_of(key_type);
    layout.elem_stride = size_of(elem_type);
  }
  if (!key_type || !elem_type || layout.bytes == 0) return std::nullopt;
  layout.key_bytes = size_of(key_type);
  layout.elem_bytes = size_of(elem_type);
  layout.key_outside = key_type != type.key;
  layout.elem_outside = elem_type != type.elem;
  if (const Field* overflow = field(group, "overflow")) layout.overflow = overflow->offset;
  for (const char* const name : {"ctrl", "topbits"})
    if (const Field* marks = field(group, name)) layout.marks = marks->offset;
  return layout;
}

}  // namespace holdfast::heap
