#include "capture/map_fills.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "capture/nan_keys.h"
#include "capture/typed_objects.h"
#include "go/map_record.h"

namespace holdfast::capture {
namespace {

using heap::DeleteTraces;

constexpr std::uint64_t kSlots = 8;  // of a bucket
// Of a map's buckets so many are looked at for traces of deletes: entries are spread over all of them by their hashes.
constexpr std::uint64_t kMostBuckets = 4096;

class MapFillPass {
 public:
  MapFillPass(const go::Runtime& runtime, const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses)
      : index_(index), snapshot_(snapshot), losses_(losses), nan_keys_(runtime.memory, index, snapshot) {
    parts_.reserve(kTypeParts);
    for (unsigned part = 0; part < kTypeParts; ++part) parts_.emplace_back(runtime);
  }

  void run() {
    for_each_of_role(snapshot_, heap::TypeRole::kMapHeader,
                     [&](unsigned part, ObjectId header) { look_at(parts_[part], header); });
    for (const Part& part : parts_) {
      snapshot_.map_fills.insert(snapshot_.map_fills.end(), part.fills.begin(), part.fills.end());
      for (const ObjectId header : part.bad) losses_.add(LossKind::kBadMap, address_of(header));
    }
  }

 private:
  struct Part {
    explicit Part(const go::Runtime& runtime) : reader(runtime) {}
    go::MapReader reader;
    std::vector<heap::MapFill> fills;
    std::vector<ObjectId> bad;
  };

  Address address_of(ObjectId object) const {
    return index_.address_of(object) + snapshot_.spans[index_.find_span(object).row].header;
  }

  void look_at(Part& part, ObjectId header) const {
    const go::MapRecord* const map = part.reader.read(address_of(header));
    if (map == nullptr || map->slots < heap::kLeastSlotsOfMapFill) return;
    const auto bytes = map->is_sound() ? bytes_of(*map) : std::nullopt;
    if (bytes)
      part.fills.push_back({header, map->entries, map->slots, *bytes, deletes_from(part.reader, *map),
                            nan_keys_.count(snapshot_.types[snapshot_.object_type[header.row].type().row].of, *map)});
    else if (is_believed(header))
      part.bad.push_back(header);
  }

  // None unless every table lies in an object.
  std::optional<std::uint64_t> bytes_of(const go::MapRecord& map) const {
    std::uint64_t bytes = 0;
    for (const Address array : map.arrays) {
      const ObjectId object = index_.find_object(array);
      if (!object) return std::nullopt;
      bytes += index_.size_of(object);
    }
    return bytes;
  }

  DeleteTraces deletes_from(const go::MapReader& reader, const go::MapRecord& map) const {
    if (map.has_groups) return map.tombstones + map.clears > 0 ? DeleteTraces::kSome : DeleteTraces::kNone;
    // While it moves to new buckets, which it fills without holes, there are two arrays.
    const auto stride = map.arrays.size() == 1 ? bucket_bytes(map.arrays.front()) : std::nullopt;
    if (!stride) return DeleteTraces::kUnknown;
    const auto holes = reader.has_holes(map.arrays.front(), std::min(map.slots / kSlots, kMostBuckets), *stride);
    if (!holes) return DeleteTraces::kUnknown;
    return *holes ? DeleteTraces::kSome : DeleteTraces::kNone;
  }
  std::optional<std::uint64_t> bucket_bytes(Address array) const {
    const ObjectId object = index_.find_object(array);
    const TypeId type = object ? snapshot_.object_type[object.row].type() : TypeId();
    if (!type || snapshot_.types[type.row].role != heap::TypeRole::kMapBucket) return std::nullopt;
    return snapshot_.types[type.row].size;
  }

  // The tables of a map that nobody holds may have been freed before it, and a type that was guessed may be wrong.
  bool is_believed(ObjectId header) const {
    const bool is_in_use = heap::test_bit(snapshot_.marked, header.row) || heap::test_bit(snapshot_.fresh, header.row);
    return is_in_use && snapshot_.object_type[header.row].known_by() < heap::KnownBy::kInferred;
  }

  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  NanKeys nan_keys_;
  std::vector<Part> parts_;
};

}  // namespace

void add_map_fills(const go::Runtime& runtime, const heap::ObjectIndex& index, heap::Snapshot& snapshot,
                   LossLedger& losses) {
  MapFillPass(runtime, index, snapshot, losses).run();
}

}  // namespace holdfast::capture
