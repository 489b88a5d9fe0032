#include "go/goroutine_labels.h"

#include <algorithm>
#include <span>
#include <unordered_set>

#include "base/architecture.h"
#include "go/goroutine_record.h"
#include "go/record.h"
#include "go/runtime_lists.h"

namespace holdfast::go {
namespace {

// More is damage, or something else than labels.
constexpr std::uint64_t kMostLabels = 1 << 12;
constexpr std::uint64_t kMostBytes = 1 << 18;  // of all keys and values of a goroutine
constexpr std::uint64_t kLogMostBuckets = 12;

constexpr std::uint64_t kStringBytes = 2 * kWord;
// A bucket of a map[string]string: 8 bytes of hashes, 8 keys, 8 values, a pointer to the next bucket.
constexpr std::uint64_t kBucketSlots = 8;
constexpr std::uint64_t kKeysAt = kBucketSlots;
constexpr std::uint64_t kValuesAt = kKeysAt + kBucketSlots * kStringBytes;
constexpr std::uint64_t kOverflowAt = kValuesAt + kBucketSlots * kStringBytes;
constexpr std::uint8_t kLeastHash = 5;  // runtime.minTopHash: lower ones say that the slot is free or was moved
constexpr std::uint64_t kSameSizeGrow = 8;

bool by_key(const GoroutineLabel& a, const GoroutineLabel& b) {
  return a.key < b.key;
}

}  // namespace

GoroutineLabelReader::GoroutineLabelReader(const Runtime& runtime)
    : memory_(runtime.memory),
      lists_(runtime.version.labels_are_lists()),
      map_(read_library_layouts(runtime.layouts).hash_map) {}

std::optional<std::vector<GoroutineLabel>> GoroutineLabelReader::read(Address labels) const {
  Labels found;
  if (labels.value % kWord != 0 || !(lists_ ? add_list(labels, found) : add_map(labels, found))) return std::nullopt;
  std::sort(found.all.begin(), found.all.end(), by_key);
  return std::move(found.all);
}

bool GoroutineLabelReader::add_list(Address header, Labels& to) const {
  const auto data = memory_.try_pointer(header);
  const auto length = memory_.try_integer<std::uint64_t>(header + kWord);
  const auto capacity = memory_.try_integer<std::uint64_t>(header + 2 * kWord);
  if (!data || !length || !capacity || *length > *capacity || *length > kMostLabels) return false;
  for (std::uint64_t i = 0; i < *length; ++i) {
    const Address pair = *data + i * 2 * kStringBytes;
    if (!add_pair(pair, pair + kStringBytes, to)) return false;
  }
  return true;
}

bool GoroutineLabelReader::add_map(Address map, Labels& to) const {
  const auto header = memory_.try_pointer(map);
  if (!header || !map_) return false;
  if (!*header) return true;
  Record record(memory_, map_->bytes);
  if (!record.read(*header)) return false;
  const std::uint64_t log2_buckets = record.number(FieldLayout{map_->log2_buckets, 1});
  if (log2_buckets > kLogMostBuckets) return false;
  const std::uint64_t buckets = std::uint64_t{1} << log2_buckets;
  const bool same_size = (record.number(FieldLayout{map_->flags, 1}) & kSameSizeGrow) != 0;
  const Address old = record.pointer(FieldLayout{map_->old_buckets, 8});
  return add_buckets(record.pointer(FieldLayout{map_->buckets, 8}), buckets, to) &&
         (!old || add_buckets(old, same_size ? buckets : buckets / 2, to)) &&
         record.number(FieldLayout{map_->count, 8}) == to.all.size();
}

bool GoroutineLabelReader::add_buckets(Address first, std::uint64_t count, Labels& to) const {
  if (!first) return true;                   // a small map has none until something is put in
  std::uint64_t left = count + kMostLabels;  // a longer walk goes round in circles
  for (std::uint64_t i = 0; i < count; ++i) {
    for (Address bucket = first + i * (kOverflowAt + kWord); bucket; --left) {
      if (left == 0) return false;
      for (std::uint64_t slot = 0; slot < kBucketSlots; ++slot) {
        const auto hash = memory_.try_integer<std::uint8_t>(bucket + slot);
        if (!hash) return false;
        if (*hash < kLeastHash) continue;
        const std::uint64_t at = slot * kStringBytes;
        if (!add_pair(bucket + kKeysAt + at, bucket + kValuesAt + at, to)) return false;
      }
      const auto next = memory_.try_pointer(bucket + kOverflowAt);
      if (!next) return false;
      bucket = *next;
    }
  }
  return true;
}

bool GoroutineLabelReader::add_pair(Address key, Address value, Labels& to) const {
  auto key_text = text(key, to.bytes);
  auto value_text = text(value, to.bytes);
  if (!key_text || !value_text || to.all.size() == kMostLabels) return false;
  to.all.push_back({std::move(*key_text), std::move(*value_text)});
  return true;
}

std::optional<std::string> GoroutineLabelReader::text(Address header, std::uint64_t& bytes) const {
  const auto data = memory_.try_pointer(header);
  const auto length = memory_.try_integer<std::uint64_t>(header + kWord);
  if (!data || !length || *length > kMostBytes - bytes) return std::nullopt;
  bytes += *length;
  if (*length == 0) return std::string();
  std::string out(*length, '\0');
  if (!memory_.try_read(*data, std::as_writable_bytes(std::span(out)))) return std::nullopt;
  return out;
}

void visit_goroutine_labels(const Runtime& runtime) {
  const GoroutineFields fields(runtime.layouts);
  const GoroutineLabelReader reader(runtime);
  Record record(runtime.memory, fields.size);
  std::unordered_set<Address> seen;
  for (const Address g : try_list_goroutines(runtime)) {
    if (!record.read(g) || is_dead(fields.status_of(record))) continue;
    const Address labels = record.pointer(fields.labels);
    if (labels && seen.insert(labels).second) reader.read(labels);
  }
}

}  // namespace holdfast::go
