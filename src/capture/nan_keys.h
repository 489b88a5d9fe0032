// Counts the keys of maps that are NaN or have one, as m[math.NaN()] makes them: each equals no other key, nor itself.
// Keys in interfaces are not looked into. Several threads may ask; nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/memory_source.h"
#include "go/map_record.h"
#include "heap/map_slots.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

class NanKeys {
 public:
  // All must outlive this. Looks at the types as they are now.
  NanKeys(const MemorySource& memory, const heap::ObjectIndex& index, const heap::Snapshot& snapshot);

  // None if the map's keys have no floating-point numbers, or not all of them could be read.
  std::optional<std::uint64_t> count(TypeId map, const go::MapRecord& record) const;

 private:
  struct Float {
    std::uint64_t at = 0;  // in a key
    bool is_double = false;
  };
  struct Layout {
    heap::MapSlots slots;
    std::vector<Float> floats;  // of a key
  };

  static void add_floats(const heap::Snapshot& snapshot, TypeId type, std::uint64_t at, int depth,
                         std::vector<Float>& out);
  std::uint64_t parts_of(Address array, const Layout& layout) const;
  bool add_part(Address part, const Layout& layout, bool is_group, std::vector<std::byte>& bytes,
                std::uint64_t& found) const;
  static bool is_nan(const std::byte* key, const Layout& layout);

  const MemorySource& memory_;
  const heap::ObjectIndex& index_;
  std::unordered_map<std::uint32_t, Layout> layouts_;  // by map type
};

}  // namespace holdfast::capture
