#include "capture/nan_keys.h"

#include <algorithm>
#include <utility>

#include "base/wire.h"

namespace holdfast::capture {
namespace {

using heap::MapSlots;
using heap::TypeKind;

constexpr int kDeepestFloat = 8;
constexpr std::uint64_t kMostFloats = 64;  // of an array that are looked at

}  // namespace

NanKeys::NanKeys(const MemorySource& memory, const heap::ObjectIndex& index, const heap::Snapshot& snapshot)
    : memory_(memory), index_(index) {
  for (std::uint32_t row = 0; row < snapshot.types.size(); ++row) {
    if (snapshot.types[row].kind != TypeKind::kMap) continue;
    Layout layout;
    add_floats(snapshot, snapshot.types[row].key, 0, 0, layout.floats);
    const auto slots = layout.floats.empty() ? std::nullopt : heap::find_map_slots(snapshot, TypeId(row));
    if (!slots || slots->key_outside) continue;
    layout.slots = *slots;
    layouts_.emplace(row, std::move(layout));
  }
}

void NanKeys::add_floats(const heap::Snapshot& snapshot, TypeId id, std::uint64_t at, int depth,
                         std::vector<Float>& out) {
  if (!id || depth > kDeepestFloat) return;
  const heap::Type& type = snapshot.types[id.row];
  if (type.role != heap::TypeRole::kNone) return;
  if (type.kind == TypeKind::kFloat32 || type.kind == TypeKind::kFloat64) {
    out.push_back({at, type.kind == TypeKind::kFloat64});
  } else if (type.kind == TypeKind::kComplex64 || type.kind == TypeKind::kComplex128) {
    for (const std::uint64_t part : {at, at + type.size / 2}) out.push_back({part, type.kind == TypeKind::kComplex128});
  } else if (type.kind == TypeKind::kStruct) {
    for (std::uint32_t f = type.first_field; f < type.first_field + type.field_count; ++f)
      add_floats(snapshot, snapshot.fields[f].type, at + snapshot.fields[f].offset, depth + 1, out);
  } else if (type.kind == TypeKind::kArray && type.elem) {
    for (std::uint64_t i = 0; i < std::min(type.count, kMostFloats); ++i)
      add_floats(snapshot, type.elem, at + i * snapshot.types[type.elem.row].size, depth + 1, out);
  }
}

// While a map of buckets grows, its old ones have moved in part; the marks of those that have say so. Behind the last
// bucket of an array there may be others, into which buckets overflow.
std::optional<std::uint64_t> NanKeys::count(TypeId map, const go::MapRecord& record) const {
  const auto known = layouts_.find(map.row);
  if (known == layouts_.end()) return std::nullopt;
  const Layout& layout = known->second;
  const std::uint64_t buckets = record.slots / MapSlots::kCount;
  std::vector<std::byte> bytes(layout.slots.bytes);
  std::uint64_t found = 0, chained = 0;
  const std::uint64_t most_chained = 4 * buckets + record.entries;
  for (std::size_t i = 0; i < record.arrays.size(); ++i) {
    std::uint64_t parts = parts_of(record.arrays[i], layout);
    if (!record.has_groups) parts = i == 0 || parts >= buckets ? std::min(parts, buckets) : buckets / 2;
    for (std::uint64_t p = 0; p < parts; ++p) {
      Address part = record.arrays[i] + p * layout.slots.bytes;
      while (part) {
        if (!add_part(part, layout, record.has_groups, bytes, found)) return std::nullopt;
        part = record.has_groups || !layout.slots.overflow
                   ? Address()
                   : Address(load_le<std::uint64_t>(bytes.data() + *layout.slots.overflow));
        if (part && ++chained > most_chained) return std::nullopt;
      }
    }
  }
  return found;
}

// How many there is room for in the object.
std::uint64_t NanKeys::parts_of(Address array, const Layout& layout) const {
  const ObjectId object = index_.find_object(array);
  if (!object) return 0;
  return (index_.size_of(object) - (array - index_.address_of(object))) / layout.slots.bytes;
}

bool NanKeys::add_part(Address part, const Layout& layout, bool is_group, std::vector<std::byte>& bytes,
                       std::uint64_t& found) const {
  if (!memory_.try_read(part, bytes)) return false;
  for (std::uint64_t slot = 0; slot < MapSlots::kCount; ++slot) {
    const auto mark = std::to_integer<std::uint8_t>(bytes[layout.slots.marks + slot]);
    const bool is_used = is_group ? (mark & MapSlots::kUnused) == 0 : mark >= MapSlots::kFirstUsedHash;
    if (is_used && is_nan(bytes.data() + layout.slots.keys + slot * layout.slots.key_stride, layout)) ++found;
  }
  return true;
}

bool NanKeys::is_nan(const std::byte* key, const Layout& layout) {
  constexpr std::uint32_t kSign32 = 1U << 31, kInfinity32 = 0x7f800000;
  constexpr std::uint64_t kSign64 = std::uint64_t{1} << 63, kInfinity64 = 0x7ff0000000000000;
  return std::ranges::any_of(layout.floats, [&](const Float& each) {
    return each.is_double ? (load_le<std::uint64_t>(key + each.at) & ~kSign64) > kInfinity64
                          : (load_le<std::uint32_t>(key + each.at) & ~kSign32) > kInfinity32;
  });
}

}  // namespace holdfast::capture
