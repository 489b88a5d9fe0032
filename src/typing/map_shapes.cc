#include "typing/map_shapes.h"

#include <bit>
#include <utility>
#include <vector>

#include "base/architecture.h"
#include "base/wire.h"

namespace holdfast::typing {
namespace {

constexpr std::uint64_t kMostTables = 1 << 20;  // of one map

std::uint64_t word_at(const HeapView::Object& object, std::uint64_t offset) {
  return load_le<std::uint64_t>(object.data + offset);
}

// Whether a value of that size gets such a slot.
bool is_slot_of(const HeapView::Object& object, std::uint64_t bytes) {
  return object.data != nullptr && bytes <= object.bytes && bytes > object.too_small;
}

}  // namespace

std::uint64_t MapShapes::claim() {
  std::vector<std::pair<std::uint32_t, TypeId>> found;
  for (std::uint32_t row = 0; row < heap_.pointerful(); ++row) {
    if (propagation_.type(row)) continue;
    HeapView::Object object;
    heap_.read({&row, 1}, {&object, 1});
    if (const TypeId map = map_behind(object)) found.emplace_back(row, types_.map_header(map));
  }
  propagation_.because([] { return Grounds{.ground = Ground::kShape}; });
  for (const auto& [row, header] : found) propagation_.claim_object(row, header, KnownBy::kLibrary);
  return found.size();
}

TypeId MapShapes::map_behind(const HeapView::Object& header) {
  std::optional<Groups> groups;
  if (layouts_.swiss_map && is_slot_of(header, layouts_.swiss_map->bytes)) groups = behind_swiss(header);
  if (!groups && layouts_.hash_map && is_slot_of(header, layouts_.hash_map->bytes)) groups = behind_hash(header);
  return groups ? types_.map_of(groups->type) : TypeId();
}

std::optional<MapShapes::Groups> MapShapes::behind_swiss(const HeapView::Object& header) const {
  const go::SwissMapLayout& layout = *layouts_.swiss_map;
  const Address directory(word_at(header, layout.directory));
  const std::uint64_t length = word_at(header, layout.directory_length);
  const std::uint64_t used = word_at(header, layout.count);
  if (length == 0) {
    const auto groups = groups_at(directory);
    return groups && groups->count == 1 && used <= go::MapShape::kSlots ? groups : std::nullopt;
  }
  if (!std::has_single_bit(length) || length > kMostTables) return std::nullopt;
  const auto tables = object_at(directory, length * kWord);
  if (!tables) return std::nullopt;
  std::optional<Groups> all;
  Address last;
  for (std::uint64_t i = 0; i < length; ++i) {
    const Address table(word_at(*tables, i * kWord));
    if (table == last) continue;  // it stands in the directory as often as it has not been split
    last = table;
    const auto groups = table_groups(table, i);
    if (!groups || (all && all->type != groups->type)) return std::nullopt;
    all = {groups->type, groups->count + (all ? all->count : 0)};
  }
  return all && used <= all->count * go::MapShape::kSlots ? all : std::nullopt;
}

// The groups of a table whose first place in the directory is `place`.
std::optional<MapShapes::Groups> MapShapes::table_groups(Address table, std::uint64_t place) const {
  const go::SwissMapLayout& layout = *layouts_.swiss_map;
  const auto object = object_at(table, layout.table_bytes);
  if (!object || word_at(*object, layout.table_index) != place) return std::nullopt;
  const std::uint64_t mask = word_at(*object, layout.groups_mask);
  const auto groups = groups_at(Address(word_at(*object, layout.groups)));
  if (!groups || mask >= groups->count || !std::has_single_bit(mask + 1)) return std::nullopt;
  return Groups{groups->type, mask + 1};
}

std::optional<MapShapes::Groups> MapShapes::behind_hash(const HeapView::Object& header) const {
  const go::HashMapLayout& layout = *layouts_.hash_map;
  const auto buckets = groups_at(Address(word_at(header, layout.buckets)));
  const auto log2 = static_cast<unsigned>(header.data[layout.log2_buckets]);
  if (!buckets || log2 >= 48 || std::uint64_t{1} << log2 > buckets->count) return std::nullopt;
  const Address old(word_at(header, layout.old_buckets));
  if (old) {
    const auto before = groups_at(old);
    if (!before || before->type != buckets->type) return std::nullopt;
  }
  return buckets;
}

// Those at the beginning of an object that is known to be groups or buckets, by more than a guess.
std::optional<MapShapes::Groups> MapShapes::groups_at(Address at) const {
  HeapView::Location location;
  heap_.find({&at, 1}, {&location, 1});
  if (location.row == HeapView::Location::kNone || location.offset != 0) return std::nullopt;
  const TypeId type = propagation_.type(location.row);
  const KnownBy known_by = propagation_.known_by(location.row);
  if (!type || known_by == KnownBy::kInferred || known_by == KnownBy::kPart) return std::nullopt;
  const Type& row = types_[type];
  if ((row.role != TypeRole::kMapGroup && row.role != TypeRole::kMapBucket) || row.size == 0) return std::nullopt;
  return Groups{type, location.bytes / row.size};
}

// The object without a type that begins there and is as large as that many bytes need.
std::optional<HeapView::Object> MapShapes::object_at(Address at, std::uint64_t bytes) const {
  HeapView::Location location;
  heap_.find({&at, 1}, {&location, 1});
  if (location.row >= heap_.pointerful() || location.offset != 0 || propagation_.type(location.row))
    return std::nullopt;
  HeapView::Object object;
  heap_.read({&location.row, 1}, {&object, 1});
  return is_slot_of(object, bytes) ? std::optional(object) : std::nullopt;
}

}  // namespace holdfast::typing
