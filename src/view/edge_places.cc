#include "view/edge_places.h"

#include "heap/field_path.h"

namespace holdfast::view {

EdgePlace EdgePlaces::of(heap::ObjectType type, const heap::Span& span, std::uint64_t offset) {
  if (!type || offset < span.header) return {row_of({}, offset)};
  offset -= span.header;
  const std::uint64_t size = snapshot_.types[type.type().row].size;
  // Behind the value that an object is known to begin with nothing has a name.
  if (type.known_by() == heap::KnownBy::kPart) return {row_of(offset < size ? type.type() : TypeId(), offset)};
  if (size == 0 || (offset < size && (span.slot_size - span.header) / size < 2)) return {row_of(type.type(), offset)};
  return {row_of(type.type(), offset % size), true, offset / size};
}

std::uint32_t EdgePlaces::row_of(TypeId type, std::uint64_t offset) {
  constexpr int kOffsetBits = 36;  // a larger type shares places, and only their words suffer
  const std::uint64_t key = (type ? std::uint64_t{type.row} + 1 : 0) << kOffsetBits | offset;
  const auto [at, is_new] = known_.try_emplace(key, 0);
  if (!is_new) return at->second;
  std::string text = with_any_index(heap::field_path(snapshot_, type, offset).text);
  const auto [row, is_new_text] = row_of_text_.try_emplace(std::move(text), texts_.size());
  if (is_new_text) texts_.push_back(row->first);
  return at->second = row->second;
}

}  // namespace holdfast::view
