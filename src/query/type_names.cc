#include "query/type_names.h"

#include <algorithm>
#include <numeric>

#include "base/cancel.h"
#include "view/labels.h"

namespace holdfast::query {
namespace {

// Marks the types that some object only begins with.
std::vector<bool> types_in_part(const heap::Snapshot& snapshot) {
  constexpr std::uint32_t kTypesPerLook = 1 << 20;
  std::vector<bool> out(snapshot.types.size());
  for (std::uint32_t i = 0; i < snapshot.objects; ++i) {
    if (i % kTypesPerLook == 0) throw_if_cancelled();
    const heap::ObjectType type = snapshot.object_type[i];
    if (type.known_by() == heap::KnownBy::kPart) out[type.type().row] = true;
  }
  return out;
}

}  // namespace

TypeNames::TypeNames(const heap::Snapshot& snapshot)
    : of_type_(snapshot.types.size(), kNone), of_part_(snapshot.types.size(), kNone) {
  const auto count = static_cast<std::uint32_t>(snapshot.types.size());
  const std::vector<bool> in_part = types_in_part(snapshot);
  const auto counts_as = [&](std::uint32_t type) {
    const heap::Type& row = snapshot.types[type];
    return heap::is_map_part(row.role) && row.of ? row.of.row : type;
  };
  std::vector<Named> found;
  for (std::uint32_t type = 0; type < count; ++type) {
    const TypeId id(type);
    if (counts_as(type) == type) found.push_back({view::type_name(snapshot, id), id, false});
    if (in_part[type]) found.push_back({view::part_name(snapshot, id), id, true});
  }
  std::stable_sort(found.begin(), found.end(), [](const Named& a, const Named& b) { return a.name < b.name; });
  types_ = std::move(found);
  for (std::uint32_t row = 0; row < types_.size(); ++row)
    (types_[row].in_part ? of_part_ : of_type_)[types_[row].type.row] = row;
  for (std::uint32_t type = 0; type < count; ++type) of_type_[type] = of_type_[counts_as(type)];
}

Bound TypeNames::named(std::string_view name) const {
  const auto [first, last] =
      std::ranges::equal_range(types_, name, {}, [](const Named& type) -> std::string_view { return type.name; });
  if (first == last) return Bound::nothing();
  return {first - types_.begin(), last - types_.begin() - 1, false};
}

}  // namespace holdfast::query
