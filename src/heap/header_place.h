// Tells where slices, strings and plain pointers (*T) begin in values of the snapshot's types, where interfaces have
// their values, and what the words of a slice or string say. Sizes and offsets are in bytes. For one thread: it
// remembers what it has found. Nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>

#include "heap/snapshot.h"

namespace holdfast::heap {

class HeaderPlaces {
 public:
  // The types behind it must stay as they are, and outlive this.
  explicit HeaderPlaces(const Snapshot& snapshot) : snapshot_(snapshot) {}

  // Returns the type of the slice or string that begins there in an object, from the start of its slot; none if none
  // does. `header` is Span::header of the object's span.
  TypeId in_object(ObjectType known, std::uint64_t offset, std::uint64_t header) {
    return only_header(any_in_object(known, offset, header));
  }
  // The same of a word that a root refers to an object with; only package variables have such places.
  TypeId in_variable(const Root& root, std::uint64_t offset) { return only_header(any_in_variable(root, offset)); }

  // The same of slices, strings and plain pointers, and of the interface whose second word lies there.
  TypeId any_in_object(ObjectType known, std::uint64_t offset, std::uint64_t header) {
    const bool is_part = known.known_by() == KnownBy::kPart;
    return offset < header ? TypeId() : find(known.type(), offset - header, !is_part);
  }
  TypeId any_in_variable(const Root& root, std::uint64_t offset) {
    const bool has_type = root.kind == RootKind::kGlobal && root.type && root.where;
    return has_type ? find(root.type, std::uint64_t{root.type_offset} + offset, false) : TypeId();
  }

  // Returns the size of an element, or of what a pointer leads to; 1 of a string, 0 if it is not known.
  std::uint64_t element_bytes(TypeId header) const {
    const Type& row = snapshot_.types[header.row];
    if (row.kind == TypeKind::kString) return 1;
    return row.elem ? snapshot_.types[row.elem.row].size : 0;
  }
  bool is_slice(TypeId header) const { return snapshot_.types[header.row].kind == TypeKind::kSlice; }
  bool is_pointer(TypeId header) const { return snapshot_.types[header.row].kind == TypeKind::kPointer; }
  bool is_interface(TypeId header) const { return snapshot_.types[header.row].kind == TypeKind::kInterface; }

 private:
  TypeId only_header(TypeId type) const { return type && (is_pointer(type) || is_interface(type)) ? TypeId() : type; }
  // `several`: values of the type follow one another.
  TypeId find(TypeId type, std::uint64_t offset, bool several);
  TypeId walk(TypeId type, std::uint64_t offset) const;
  const Field* field_at(const Type& type, std::uint64_t offset) const;

  const Snapshot& snapshot_;
  std::unordered_map<std::uint64_t, TypeId> known_;  // by type and offset
};

// What a header covers of an object, from the start of its slot.
struct Covered {
  std::uint64_t begin = 0, length = 0, capacity = 0;
};

// Returns what the words of a header say, which are in elements of that size; none if they contradict themselves or an
// object of `size` bytes at `start`.
inline std::optional<Covered> covered_by(std::uint64_t pointer, std::uint64_t length, std::uint64_t capacity,
                                         std::uint64_t element, Address start, std::uint64_t size) {
  if (element == 0 || length > capacity || pointer < start.value || pointer - start.value > size) return std::nullopt;
  const std::uint64_t begin = pointer - start.value;
  if (capacity > (size - begin) / element) return std::nullopt;
  return Covered{begin, length * element, capacity * element};
}

}  // namespace holdfast::heap
