// Which of a snapshot's types have the descriptor of a connection, listener or file: net.netFD and os.file, whose field
// "pfd" is a value of internal/poll.FD. Several threads may ask; nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

class DescriptorTypes {
 public:
  // Looks at the types as they are now.
  explicit DescriptorTypes(const Snapshot& snapshot) : state_at_(snapshot.types.size(), kNone) {
    for (std::uint32_t row = 0; row < state_at_.size(); ++row)
      if (const auto at = find(snapshot, TypeId(row))) state_at_[row] = *at;
  }

  // Where in a value of the type the word lies in which the descriptor keeps whether it was closed, in bytes; none if
  // the type has no descriptor.
  std::optional<std::uint64_t> state_at(TypeId type) const {
    if (!type || type.row >= state_at_.size() || state_at_[type.row] == kNone) return std::nullopt;
    return state_at_[type.row];
  }

 private:
  static constexpr std::uint64_t kNone = ~std::uint64_t{0};

  static const Field* field_of(const Snapshot& snapshot, TypeId type, std::string_view name) {
    if (!type || type.row >= snapshot.types.size() || snapshot.types[type.row].kind != TypeKind::kStruct)
      return nullptr;
    const Type& row = snapshot.types[type.row];
    for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f)
      if (snapshot.strings[snapshot.fields[f].name] == name) return &snapshot.fields[f];
    return nullptr;
  }

  static std::optional<std::uint64_t> find(const Snapshot& snapshot, TypeId type) {
    const Field* const descriptor = field_of(snapshot, type, "pfd");
    if (descriptor == nullptr || !descriptor->type || descriptor->type.row >= snapshot.types.size() ||
        snapshot.strings[snapshot.types[descriptor->type.row].name] != "internal/poll.FD")
      return std::nullopt;
    const Field* const lock = field_of(snapshot, descriptor->type, "fdmu");
    const Field* const state = lock == nullptr ? nullptr : field_of(snapshot, lock->type, "state");
    if (state == nullptr) return std::nullopt;
    return descriptor->offset + lock->offset + state->offset;
  }

  std::vector<std::uint64_t> state_at_;  // by TypeId
};

}  // namespace holdfast::heap
