// Finds objects by what their type is for, in parallel.
#pragma once

#include <vector>

#include "base/parallel.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

constexpr unsigned kTypeParts = 64;  // of a walk over the types of all objects

// Calls visit(part, object) for each object whose type has the role, in ascending order within each of kTypeParts
// parts, of which several run at once.
template <typename Visit>
void for_each_of_role(const heap::Snapshot& snapshot, heap::TypeRole role, const Visit& visit) {
  std::vector<bool> has_role(snapshot.types.size());
  for (std::size_t t = 0; t < has_role.size(); ++t) has_role[t] = snapshot.types[t].role == role;
  for_each_part(snapshot.object_type.size(), kTypeParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t row = begin; row < end; ++row)
      if (const TypeId type = snapshot.object_type[row].type(); type && has_role[type.row])
        visit(part, ObjectId(static_cast<std::uint32_t>(row)));
  });
}

}  // namespace holdfast::capture
