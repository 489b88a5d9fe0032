#include "view/objects_of_types.h"

#include <algorithm>
#include <array>

#include "base/parallel.h"

namespace holdfast::view {

std::vector<ObjectId> objects_of_types(const heap::Snapshot& snapshot, const std::vector<bool>& wanted) {
  if (std::ranges::count(wanted, true) == 0) return {};
  constexpr unsigned kTypeParts = 16;  // of the objects
  std::array<std::vector<ObjectId>, kTypeParts> found;
  const heap::ObjectType* const types = snapshot.object_type.data();
  for_each_part(snapshot.pointerful, kTypeParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t row = begin; row < end; ++row)
      if (const TypeId type = types[row].type(); type && wanted[type.row])
        found[part].emplace_back(static_cast<std::uint32_t>(row));
  });
  std::vector<ObjectId> all;
  for (const std::vector<ObjectId>& part : found) all.insert(all.end(), part.begin(), part.end());
  return all;
}

}  // namespace holdfast::view
