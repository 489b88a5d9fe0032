// What a type is for, where the runtime or this program gives it a part to play. Its name is made of that when it is
// shown.
#pragma once

#include <cstdint>

namespace holdfast::heap {

// Type::of says which type the role belongs to: for the parts of a map the map type, for a channel the type of its
// elements.
enum class TypeRole : std::uint8_t {
  kNone,
  kMapHeader,        // runtime.hmap (Go 1.19-1.23), internal/runtime/maps.Map (1.24+)
  kMapDirectory,     // pointers to the tables of a large map (Go 1.24+)
  kMapTable,         // internal/runtime/maps.table (Go 1.24+)
  kMapGroup,         // eight slots with their control word (Go 1.24+)
  kMapBucket,        // eight slots (Go 1.19-1.23)
  kMapExtra,         // runtime.mapextra: overflow buckets of a map without pointers
  kMapOverflow,      // a pointer to an overflow bucket
  kMapOverflowList,  // a slice of these
  kChannel,          // runtime.hchan, with its buffer if that has no pointers; else its field "buf" leads to that
  kClosure,          // a function value's object: code address, then the captured variables
  kStringData,       // the bytes of a string
};

// Whether objects of this role hold a map's entries or lead to them. A map reads as one hop.
constexpr bool is_map_part(TypeRole role) {
  return role >= TypeRole::kMapHeader && role <= TypeRole::kMapOverflowList;
}

}  // namespace holdfast::heap
