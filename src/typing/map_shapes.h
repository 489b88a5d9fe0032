// Finds headers of maps by their groups or buckets. What the compiler inlines of a map tells nobody which type the map
// has, but a large array of groups names its own type in its allocation header. An object becomes a header only if each
// pointer in it leads where that of a header does, down to groups of one known type, and the numbers beside them fit
// (internal/runtime/maps.Map, Go 1.24+; runtime.hmap before). The tables in between follow from the header. One thread;
// nothing throws.
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/ids.h"
#include "go/library_layouts.h"
#include "typing/propagate.h"
#include "typing/type_table.h"

namespace holdfast::typing {

class MapShapes {
 public:
  // All must outlive this.
  MapShapes(const go::LibraryLayouts& layouts, const HeapView& heap, TypeTable& types, Propagation& propagation)
      : layouts_(layouts), heap_(heap), types_(types), propagation_(propagation) {}

  // Looks once at all objects without a type. Returns how many are headers; a run() of the propagation should follow.
  std::uint64_t claim();

 private:
  // Groups or buckets that lie together.
  struct Groups {
    TypeId type;              // of one
    std::uint64_t count = 0;  // that the object has room for
  };

  TypeId map_behind(const HeapView::Object& header);
  std::optional<Groups> behind_swiss(const HeapView::Object& header) const;
  std::optional<Groups> behind_hash(const HeapView::Object& header) const;
  std::optional<Groups> table_groups(Address table, std::uint64_t place) const;
  std::optional<Groups> groups_at(Address at) const;
  std::optional<HeapView::Object> object_at(Address at, std::uint64_t bytes) const;

  const go::LibraryLayouts& layouts_;
  const HeapView& heap_;
  TypeTable& types_;
  Propagation& propagation_;
};

}  // namespace holdfast::typing
