#include "typing/shape_candidates.h"

#include <algorithm>

namespace holdfast::typing {

void ShapeCandidates::want_size(std::uint64_t too_small, std::uint64_t most) {
  is_wanted_size_.resize(TypeOutlines::kMostBytes + 1);
  for (std::uint64_t size = too_small + 1; size <= std::min(most, TypeOutlines::kMostBytes); ++size)
    is_wanted_size_[size] = true;
}

void ShapeCandidates::clear() {
  found_.clear();
  is_wanted_size_.clear();
}

void ShapeCandidates::search() {
  if (found_.empty() || is_wanted_size_.empty()) return;
  if (structs_.empty()) list_structs();
  for (const Struct& candidate : structs_)
    if (is_wanted_size_[candidate.size]) add(candidate.type);
}

void ShapeCandidates::list_structs() {
  for (const Address type : universe_.types()) {
    const auto header = reader_.header(type);
    const bool is_struct = header && header->kind() == go::TypeKind::kStruct;
    if (is_struct && header->pointer_bytes > 0 && header->size <= TypeOutlines::kMostBytes)
      structs_.push_back({type, header->size});
  }
}

// Adds the type to the lists of its signs that are wanted.
void ShapeCandidates::add(Address type) {
  bool is_known_as_no_closure = false;
  const auto add_to = [&](const ShapeSign& sign) {
    const auto wanted = found_.find(sign);
    if (wanted == found_.end()) return true;
    if (!is_known_as_no_closure && is_closure(type)) return false;
    is_known_as_no_closure = true;
    std::vector<Address>& types = wanted->second;
    if (types.size() <= kMost && (types.empty() || types.back() != type)) types.push_back(type);
    return true;
  };
  const TypeOutline& outline = outlines_.of(type);
  for (const TypeOutline::Leaf& leaf : outline.leaves)
    if (leaf.elem && !add_to({leaf.offset, true, leaf.elem})) return;
  for (const auto& [offset, value] : outline.values)
    if (value != type && !add_to({offset, false, value})) return;
}

// Whether it is struct { F uintptr; X0 ... }. Those are never guessed: the first word of a closure tells what it is.
bool ShapeCandidates::is_closure(Address type) const {
  const auto read = reader_.read(type);
  if (!read || read->named || read->fields.empty()) return false;
  const std::string& first = read->fields.front().name;
  return first == "F" || first == ".F";
}

}  // namespace holdfast::typing
