#include "go/map_record.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/architecture.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kSlots = 8;  // of a bucket or group
constexpr std::uint64_t kMostLog2 = 40;
constexpr std::uint64_t kMostTables = std::uint64_t{1} << 32;
constexpr std::uint64_t kMostGroups = std::uint64_t{1} << 40;

constexpr std::byte kHole{1};  // emptyOne of runtime/map.go: free, and a later slot is in use

// How many slots of a table are filled, tombstones included, when it grows (maps.table.resetGrowthLeft).
std::uint64_t most_filled(std::uint64_t capacity) {
  return capacity <= kSlots ? capacity - std::min<std::uint64_t>(capacity, 1) : capacity * 7 / kSlots;
}

FieldLayout half_at(std::uint32_t offset) {
  return {offset, 2};
}
FieldLayout byte_at(std::uint32_t offset) {
  return {offset, 1};
}
FieldLayout word_at(std::uint32_t offset) {
  return {offset, kWord};
}

}  // namespace

MapReader::MapReader(const Runtime& runtime)
    : memory_(runtime.memory),
      layouts_(read_library_layouts(runtime.layouts)),
      has_groups_(runtime.version.swiss_maps()) {
  if (has_groups_ && layouts_.swiss_map) {
    header_.emplace(memory_, layouts_.swiss_map->bytes);
    table_.emplace(memory_, layouts_.swiss_map->table_bytes);
  } else if (!has_groups_ && layouts_.hash_map) {
    header_.emplace(memory_, layouts_.hash_map->bytes);
  }
}

const MapRecord* MapReader::read(Address header) {
  map_.entries = map_.slots = map_.tombstones = map_.clears = 0;
  map_.has_groups = has_groups_;
  map_.arrays.clear();
  if (!header_ || !header_->read(header)) return nullptr;
  return (has_groups_ ? read_groups() : read_buckets()) ? &map_ : nullptr;
}

bool MapReader::read_buckets() {
  const HashMapLayout& layout = *layouts_.hash_map;
  const std::uint64_t log2 = header_->number(byte_at(layout.log2_buckets));
  if (log2 > kMostLog2) return false;
  map_.entries = header_->number(word_at(layout.count));
  for (const std::uint32_t at : {layout.buckets, layout.old_buckets})
    if (const Address array = header_->pointer(word_at(at))) map_.arrays.push_back(array);
  // A map without buckets is one of which nothing was asked yet.
  if (header_->pointer(word_at(layout.buckets))) map_.slots = kSlots << log2;
  return true;
}

// Neighbours in the directory can be one table.
bool MapReader::read_groups() {
  const SwissMapLayout& layout = *layouts_.swiss_map;
  map_.entries = header_->number(word_at(layout.count));
  map_.clears = header_->number(word_at(layout.clears));
  const Address directory = header_->pointer(word_at(layout.directory));
  const std::uint64_t tables = header_->number(word_at(layout.directory_length));
  if (tables > kMostTables) return false;
  if (tables == 0) {  // one group
    if (directory) {
      map_.arrays.push_back(directory);
      map_.slots = kSlots;
    }
    return true;
  }
  Address before;
  for (std::uint64_t i = 0; i < tables; ++i) {
    const auto table = memory_.try_pointer(directory + i * kWord);
    if (!table) return false;
    if (*table != before && !add_table(*table)) return false;
    before = *table;
  }
  return true;
}

bool MapReader::add_table(Address table) {
  const SwissMapLayout& layout = *layouts_.swiss_map;
  if (!table_->read(table)) return false;
  const std::uint64_t last_group = table_->number(word_at(layout.groups_mask));
  if (last_group >= kMostGroups) return false;
  map_.arrays.push_back(table_->pointer(word_at(layout.groups)));
  map_.slots += (last_group + 1) * kSlots;
  const std::uint64_t used = table_->number(half_at(layout.table_used)) + table_->number(half_at(layout.growth_left));
  const std::uint64_t most = most_filled(table_->number(half_at(layout.table_capacity)));
  map_.tombstones += most - std::min(most, used);
  return true;
}

std::optional<bool> MapReader::has_holes(Address buckets, std::uint64_t count, std::uint64_t bucket_bytes) const {
  std::array<std::byte, kSlots> marks{};
  for (std::uint64_t b = 0; b < count; ++b) {
    if (!memory_.try_read(buckets + b * bucket_bytes, marks)) return std::nullopt;
    if (std::ranges::find(marks, kHole) != marks.end()) return true;
  }
  return false;
}

}  // namespace holdfast::go
