#include "heap/header_place.h"

#include "base/architecture.h"

namespace holdfast::heap {
namespace {

constexpr int kMostNestedTypes = 64;

}  // namespace

TypeId HeaderPlaces::find(TypeId type, std::uint64_t offset, bool several) {
  if (!type) return {};
  const std::uint64_t size = snapshot_.types[type.row].size;
  if (size == 0 || (offset >= size && !several)) return {};
  offset %= size;
  if (offset >> 32 != 0) return walk(type, offset);
  const auto [known, is_new] = known_.try_emplace(std::uint64_t{type.row} << 32 | offset);
  if (is_new) known->second = walk(type, offset);
  return known->second;
}

TypeId HeaderPlaces::walk(TypeId type, std::uint64_t offset) const {
  for (int depth = 0; type && depth < kMostNestedTypes; ++depth) {
    const Type& row = snapshot_.types[type.row];
    if (row.kind == TypeKind::kSlice || row.kind == TypeKind::kString || row.kind == TypeKind::kPointer)
      return offset == 0 ? type : TypeId();
    if (row.kind == TypeKind::kInterface) return offset == kWord ? type : TypeId();
    if (row.kind == TypeKind::kArray) {
      type = row.elem;
      const std::uint64_t size = type ? snapshot_.types[type.row].size : 0;
      if (size == 0) return {};
      offset %= size;
      continue;
    }
    const Field* const field = field_at(row, offset);
    if (field == nullptr) return {};
    type = field->type;
    offset -= field->offset;
  }
  return {};
}

const Field* HeaderPlaces::field_at(const Type& type, std::uint64_t offset) const {
  for (std::uint32_t f = type.first_field; f < type.first_field + type.field_count; ++f) {
    const Field& field = snapshot_.fields[f];
    if (field.type && offset >= field.offset && offset - field.offset < snapshot_.types[field.type.row].size)
      return &field;
  }
  return nullptr;
}

}  // namespace holdfast::heap
