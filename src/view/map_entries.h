// Where the entries of a map lie, in the memory that a snapshot has kept: maps of buckets (Go 1.19 to 1.23) and of
// groups (1.24 and later; reference 6.4). One thread; nothing throws.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "heap/map_slots.h"
#include "heap/snapshot.h"
#include "view/target_bytes.h"

namespace holdfast::view {

struct MapEntry {
  // Of the key and the element themselves; `slot` is where the map's own memory has the entry, which differs for those
  // that the map keeps outside of it.
  Address key, elem;
  Address key_slot, elem_slot;
  std::uint64_t key_slot_bytes = 0, elem_slot_bytes = 0;
};

struct MapEntries {
  std::uint64_t count = 0;  // by the map's header
  std::vector<MapEntry> entries;
  std::string problem;  // why not all of them are there; empty if they are
};

using heap::MapSlots;

class MapReader {
 public:
  // Both must outlive this.
  MapReader(const heap::Snapshot& snapshot, const TargetBytes& bytes);

  // Finds the entries of the map whose header lies there.
  MapEntries entries(TypeId map, Address header);
  // Finds the entries that lie in these groups or buckets of the map, as many as there is room for.
  MapEntries entries_of_part(TypeId map, Address first, std::uint64_t room);
  // Null if the type of its groups is not known. Needs no content.
  const MapSlots* slots_of(TypeId map);
  // Returns how many entries the header counts; nothing if it is not known.
  std::optional<std::uint64_t> count(Address header) const;

 private:
  class Walk;

  const heap::Field* field(TypeId type, std::string_view name) const;
  TypeId of_role(heap::TypeRole role) const;
  std::optional<std::uint64_t> header_word(Address header, std::string_view name, std::uint64_t size = 8) const;
  void add_tables(Walk& walk, Address header) const;
  void add_buckets(Walk& walk, Address header) const;

  const heap::Snapshot& snapshot_;
  const TargetBytes& bytes_;
  std::unordered_map<std::uint32_t, std::shared_ptr<const MapSlots>> slots_;  // by map; null: not known
  TypeId header_, table_;  // any of the program: all headers have one layout
};

}  // namespace holdfast::view
