// The types as `holdfast types` has them, numbered in the order of their names: the parts of maps count as their map,
// and what only begins with a type is a type of its own, "main.T…". So the order of numbers is that of names, and
// objects in the order of one are in the order of the other. Made in one pass over the objects; afterwards several
// threads may read it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "heap/snapshot.h"
#include "query/rows.h"

namespace holdfast::query {

class TypeNames {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Named {
    std::string name;
    TypeId type;
    bool in_part = false;
  };

  // The snapshot must outlive this. Throws when it is cancelled.
  explicit TypeNames(const heap::Snapshot& snapshot);

  const std::vector<Named>& types() const { return types_; }
  // Return the number of the type that an object or a variable has, kNone if it is not known.
  std::uint32_t of(heap::ObjectType type) const {
    if (!type) return kNone;
    return (type.known_by() == heap::KnownBy::kPart ? of_part_ : of_type_)[type.type().row];
  }
  std::uint32_t of(TypeId type) const { return type ? of_type_[type.row] : kNone; }
  // Returns the types of that name, which can be several.
  Bound named(std::string_view name) const;

 private:
  std::vector<Named> types_;
  std::vector<std::uint32_t> of_type_, of_part_;  // by TypeId
};

}  // namespace holdfast::query
