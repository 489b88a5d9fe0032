#include "go/map_record.h"

#include "base/architecture.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kSlots = 8;  // of a bucket or group
constexpr std::uint64_t kMostLog2 = 40;
constexpr std::uint64_t kMostTables = std::uint64_t{1} << 32;
constexpr std::uint64_t kMostGroups = std::uint64_t{1} << 40;

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
  map_.entries = map_.slots = 0;
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
  return true;
}

}  // namespace holdfast::go
