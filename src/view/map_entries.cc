#include "view/map_entries.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace holdfast::view {
namespace {

constexpr std::uint64_t kSlots = MapSlots::kCount;
constexpr std::uint64_t kMostGroups = std::uint64_t{1} << 26;  // of one map: 500 M entries
constexpr std::uint64_t kFirstEvacuated = 2;                   // of a bucket's marks
constexpr std::uint64_t kMostLog2 = 26;
constexpr const char* kNoLayout = "the type of its groups is not known";
constexpr std::uint64_t kGrowsAtSameSize = 8;  // of the header's flags

}  // namespace

class MapReader::Walk {
 public:
  Walk(const MapReader& reader, const MapSlots& layout, MapEntries& out)
      : bytes_(reader.bytes_), layout_(layout), out_(out) {}

  // Adds the used slots of one group.
  bool add_group(Address group) {
    const auto marks = bytes_.read(group + layout_.marks, kSlots);
    if (!marks) return give_up_reading();
    for (std::uint64_t slot = 0; slot < kSlots; ++slot)
      if (((*marks)[slot] & MapSlots::kUnused) == 0 && !add_entry(group, slot)) return false;
    return true;
  }
  bool add_groups(Address first, std::uint64_t count) {
    if (count > kMostGroups) return give_up(fmt::format("{} groups are more than a map can have", count));
    for (std::uint64_t g = 0; g < count; ++g)
      if (!add_group(first + g * layout_.bytes)) return false;
    return true;
  }
  // Adds the used slots of groups or buckets, and of nothing that these lead to.
  bool add_parts(Address first, std::uint64_t count, bool are_buckets) {
    if (!are_buckets) return add_groups(first, count);
    for (std::uint64_t b = 0; b < count; ++b)
      if (!add_bucket(first + b * layout_.bytes)) return false;
    return true;
  }
  // Adds the used slots of buckets and of those that they overflow into. Of old buckets, those that have moved are
  // skipped.
  bool add_buckets(Address first, std::uint64_t count, bool old) {
    if (count > kMostGroups) return give_up(fmt::format("{} buckets are more than a map can have", count));
    most_buckets_ = seen_ + 4 * count + out_.count + kSlots;  // the runtime has fewer that overflow
    for (std::uint64_t b = 0; b < count; ++b)
      if (!add_chain(first + b * layout_.bytes, old)) return false;
    return true;
  }
  bool give_up_reading() { return give_up(fmt::format("{}, of the map", bytes_.why_missing())); }
  bool give_up(std::string why) {
    out_.problem = std::move(why);
    return false;
  }

 private:
  bool add_chain(Address bucket, bool old) {
    for (; bucket; ++seen_) {
      if (seen_ > most_buckets_) return give_up("its buckets form a ring");
      const auto mark = bytes_.number(bucket + layout_.marks, 1);
      if (!mark) return give_up_reading();
      if (old && *mark >= kFirstEvacuated && *mark < MapSlots::kFirstUsedHash) return true;
      if (!add_bucket(bucket)) return false;
      if (!layout_.overflow) return true;
      const auto next = bytes_.word(bucket + *layout_.overflow);
      if (!next) return give_up_reading();
      bucket = Address(*next);
    }
    return true;
  }
  bool add_bucket(Address bucket) {
    const auto marks = bytes_.read(bucket + layout_.marks, kSlots);
    if (!marks) return give_up_reading();
    for (std::uint64_t slot = 0; slot < kSlots; ++slot)
      if ((*marks)[slot] >= MapSlots::kFirstUsedHash && !add_entry(bucket, slot)) return false;
    return true;
  }
  bool add_entry(Address group, std::uint64_t slot) {
    if (out_.entries.size() > out_.count + kSlots)
      return give_up(fmt::format("its header counts {}, and there are more", out_.count));
    MapEntry entry;
    entry.key = entry.key_slot = group + layout_.keys + slot * layout_.key_stride;
    entry.elem = entry.elem_slot = group + layout_.elems + slot * layout_.elem_stride;
    entry.key_slot_bytes = layout_.key_bytes;
    entry.elem_slot_bytes = layout_.elem_bytes;
    const auto key = layout_.key_outside ? bytes_.word(entry.key) : entry.key.value;
    const auto elem = layout_.elem_outside ? bytes_.word(entry.elem) : entry.elem.value;
    if (!key || !elem) return give_up_reading();
    entry.key = Address(*key);
    entry.elem = Address(*elem);
    out_.entries.push_back(entry);
    return true;
  }

  const TargetBytes& bytes_;
  const MapSlots& layout_;
  MapEntries& out_;
  std::uint64_t seen_ = 0, most_buckets_ = 0;  // buckets
};

MapReader::MapReader(const heap::Snapshot& snapshot, const TargetBytes& bytes)
    : snapshot_(snapshot),
      bytes_(bytes),
      header_(of_role(heap::TypeRole::kMapHeader)),
      table_(of_role(heap::TypeRole::kMapTable)) {}

TypeId MapReader::of_role(heap::TypeRole role) const {
  for (std::uint32_t t = 0; t < snapshot_.types.size(); ++t)
    if (snapshot_.types[t].role == role && snapshot_.types[t].field_count > 0) return TypeId(t);
  return {};
}

const heap::Field* MapReader::field(TypeId type, std::string_view name) const {
  if (!type) return nullptr;
  const heap::Type& row = snapshot_.types[type.row];
  for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count; ++f)
    if (snapshot_.strings[snapshot_.fields[f].name] == name) return &snapshot_.fields[f];
  return nullptr;
}

std::optional<std::uint64_t> MapReader::count(Address header) const {
  const heap::Field* count = field(header_, "count");
  return count == nullptr ? std::nullopt : bytes_.word(header + count->offset);
}

std::optional<std::uint64_t> MapReader::header_word(Address header, std::string_view name, std::uint64_t size) const {
  const heap::Field* at = field(header_, name);
  return at == nullptr ? std::nullopt : bytes_.number(header + at->offset, size);
}

void MapReader::add_tables(Walk& walk, Address header) const {
  const auto directory = header_word(header, "directory"), length = header_word(header, "directory_length");
  const heap::Field *groups = field(table_, "groups"), *mask = field(table_, "groups_mask");
  const bool has_tables = length && *length > 0;
  if (!directory || !length || *length > kMostGroups || (has_tables && (groups == nullptr || mask == nullptr))) {
    walk.give_up("its header cannot be read");
    return;
  }
  if (!has_tables) {  // a small map: one group
    if (*directory != 0) walk.add_group(Address(*directory));
    return;
  }
  std::uint64_t last = 0;
  for (std::uint64_t d = 0; d < *length; ++d) {
    const auto table = bytes_.word(Address(*directory) + d * 8);
    if (table && *table == last) continue;  // it stands there several times, side by side
    const auto first = table ? bytes_.word(Address(*table) + groups->offset) : std::nullopt;
    const auto last_group = table ? bytes_.word(Address(*table) + mask->offset) : std::nullopt;
    if (!first || !last_group) {
      walk.give_up_reading();
      return;
    }
    if (!walk.add_groups(Address(*first), *last_group + 1)) return;
    last = *table;
  }
}

void MapReader::add_buckets(Walk& walk, Address header) const {
  const auto log2 = header_word(header, "log2_buckets", 1), flags = header_word(header, "flags", 1);
  const auto buckets = header_word(header, "buckets"), old = header_word(header, "old_buckets");
  if (!log2 || !flags || !buckets || !old || *log2 > kMostLog2) {
    walk.give_up("its header cannot be read");
    return;
  }
  const std::uint64_t all = std::uint64_t{1} << *log2;
  const std::uint64_t before = (*flags & kGrowsAtSameSize) != 0 ? all : all / 2;
  if (*buckets != 0 && walk.add_buckets(Address(*buckets), all, false) && *old != 0)
    walk.add_buckets(Address(*old), before, true);
}

const MapSlots* MapReader::slots_of(TypeId map) {
  const auto [known, is_new] = slots_.try_emplace(map.row);
  if (is_new)
    if (const auto layout = heap::find_map_slots(snapshot_, map))
      known->second = std::make_shared<const MapSlots>(*layout);
  return known->second.get();
}

// Of buckets those that others overflow into are objects of their own, or other buckets of this one.
MapEntries MapReader::entries_of_part(TypeId map, Address first, std::uint64_t room) {
  MapEntries out;
  const MapSlots* const layout = slots_of(map);
  if (layout == nullptr) {
    out.problem = kNoLayout;
    return out;
  }
  const std::uint64_t groups = room / layout->bytes;
  out.count = groups * kSlots;  // at most
  Walk(*this, *layout, out).add_parts(first, groups, field(header_, "directory") == nullptr);
  out.count = out.entries.size();
  return out;
}

MapEntries MapReader::entries(TypeId map, Address header) {
  MapEntries out;
  const auto counted = count(header);
  if (!counted) {
    out.problem = header_ ? std::string(bytes_.why_missing()) : "the snapshot does not tell how its maps are laid out";
    return out;
  }
  out.count = *counted;
  if (out.count == 0) return out;
  const MapSlots* const layout = slots_of(map);
  if (layout == nullptr) {
    out.problem = kNoLayout;
    return out;
  }
  Walk walk(*this, *layout, out);
  if (field(header_, "directory") != nullptr)
    add_tables(walk, header);
  else
    add_buckets(walk, header);
  if (out.problem.empty() && out.entries.size() != out.count)
    out.problem = fmt::format("its header counts {}, {} were found", out.count, out.entries.size());
  return out;
}

}  // namespace holdfast::view
