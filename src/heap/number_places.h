// The places of words of type uintptr in values of the snapshot's types. Several threads may ask; nothing throws.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/architecture.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

class NumberPlaces {
 public:
  // The types must stay as they are, and outlive this.
  explicit NumberPlaces(const Snapshot& snapshot) : snapshot_(snapshot), places_(snapshot.types.size()) {
    for (std::uint32_t row = 0; row < places_.size(); ++row)
      if (!is_of_runtime(TypeId(row))) add(TypeId(row), 0, 0, places_[row]);
  }

  // In bytes from the start of a value, ascending.
  const std::vector<std::uint64_t>& of(TypeId type) const { return places_[type.row]; }

  // Whether an object has such words, and its type is known for sure.
  bool lie_in(ObjectId object) const {
    const ObjectType known = snapshot_.object_type[object.row];
    return known && known.known_by() < KnownBy::kInferred && !of(known.type()).empty();
  }
  // Calls visit(at, place) for each such word of one in which they lie: `at` is from the start of its slot, `place`
  // from the start of a value, since several may follow one another.
  template <typename Visit>
  void visit(ObjectId object, const Span& span, const Visit& visit) const {
    const TypeId type = snapshot_.object_type[object.row].type();
    const std::uint64_t room = span.slot_size - span.header, size = snapshot_.types[type.row].size;
    for (std::uint64_t value = 0; size > 0 && value + size <= room; value += size)
      for (const std::uint64_t place : of(type)) visit(span.header + value + place, place);
  }

 private:
  static constexpr int kMostNestedTypes = 16;
  static constexpr std::size_t kMostNumbers = 64;  // that are looked at in one value

  // Its own types keep numbers for pointers where it knows that these stay.
  bool is_of_runtime(TypeId type) const {
    const Type& row = snapshot_.types[type.row];
    if (row.role != TypeRole::kNone || !row.name) return true;
    const std::string_view name = snapshot_.strings[row.name];
    return name.starts_with("runtime.") || name.starts_with("internal/");
  }

  void add(TypeId type, std::uint64_t at, int depth, std::vector<std::uint64_t>& out) const {
    if (!type || type.row >= snapshot_.types.size() || depth > kMostNestedTypes || out.size() >= kMostNumbers) return;
    const Type& row = snapshot_.types[type.row];
    if (row.kind == TypeKind::kUintptr && at % kWord == 0) out.push_back(at);
    if (row.kind == TypeKind::kArray && row.elem && row.elem.row < snapshot_.types.size()) {
      const std::uint64_t step = snapshot_.types[row.elem.row].size;
      for (std::uint64_t i = 0; i < std::min<std::uint64_t>(row.count, kMostNumbers) && step > 0; ++i)
        add(row.elem, at + i * step, depth + 1, out);
    }
    if (row.kind != TypeKind::kStruct) return;
    for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f)
      if (const Field& field = snapshot_.fields[f]; field.type != type)
        add(field.type, at + field.offset, depth + 1, out);
  }

  const Snapshot& snapshot_;
  std::vector<std::vector<std::uint64_t>> places_;
};

}  // namespace holdfast::heap
