// Where the groups or buckets of maps have their slots, by the fields of their types: buckets of Go 1.19 to 1.23,
// groups of 1.24 and later (reference 6.4). Sizes and offsets are in bytes.
#pragma once

#include <cstdint>
#include <optional>

#include "heap/snapshot.h"

namespace holdfast::heap {

// Offsets from the start of a bucket or group.
struct MapSlots {
  static constexpr std::uint64_t kCount = 8;
  static constexpr std::uint8_t kFirstUsedHash = 5;  // marks of a bucket's slots: 2 to 4 have moved
  static constexpr std::uint8_t kUnused = 0x80;      // in the mark of a group's slot

  std::uint64_t marks = 0;  // eight bytes: which slots are used
  std::uint64_t keys = 0, key_stride = 0, key_bytes = 0;
  std::uint64_t elems = 0, elem_stride = 0, elem_bytes = 0;
  bool key_outside = false, elem_outside = false;  // a slot has the address only
  std::uint64_t bytes = 0;                         // of one
  std::optional<std::uint64_t> overflow;           // of a bucket: where the next one's address is
};

// None if the type of the map's groups is not known.
std::optional<MapSlots> find_map_slots(const Snapshot& snapshot, TypeId map);

}  // namespace holdfast::heap
