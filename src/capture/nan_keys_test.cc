#include "capture/nan_keys.h"

#include <gmock/gmock.h>

#include <cstring>
#include <limits>

#include "base/memory_image.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::TypeKind;
using heap::TypeRole;
using heap::testing::HeapBuilder;
using testing::Optional;

// Maps with keys of main.point{id uint64; x float64} and elements of one word. The memory has two arrays.
class NanKeysTest : public testing::TestWithParam<bool> {
 protected:
  // Of a bucket or group, and how many are in an array.
  static constexpr std::uint64_t kSlot = 24, kPart = 8 + 8 * kSlot + 8, kParts = 4;
  static constexpr Address kHeap{0xc000000000};  // of the builder
  static constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

  NanKeysTest() : bytes_(2 * kParts * kPart) {
    const TypeId number = heap_.type("uint64", TypeKind::kUint64, 8),
                 real = heap_.type("float64", TypeKind::kFloat64, 8);
    const TypeId key = heap_.structure("main.point", 16, {{"id", number, 0}, {"x", real, 8}});
    map_ = add_map("map[main.point]uint64", key, number);
    plain_ = add_map("map[uint64]uint64", number, number);
    heap_.object(kParts * kPart);
    heap_.object(kParts * kPart);
  }

  static bool has_groups() { return GetParam(); }
  static std::uint64_t key_at(std::uint64_t slot) { return has_groups() ? 8 + slot * kSlot : 8 + slot * 16; }

  TypeId add_map(std::string_view name, TypeId key, TypeId elem) {
    const TypeId map = heap_.type(name, TypeKind::kMap, 8, elem, 0, key);
    TypeId part;
    if (has_groups()) {
      const TypeId slot = heap_.structure("slot", kSlot, {{"key", key, 0}, {"elem", elem, 16}});
      const TypeId slots = heap_.type("[8]slot", TypeKind::kArray, 8 * kSlot, slot, 8);
      part = heap_.structure("", kPart, {{"ctrl", {}, 0}, {"slots", slots, 8}});
    } else {
      const TypeId keys = heap_.type("[8]key", TypeKind::kArray, 128, key, 8);
      const TypeId elems = heap_.type("[8]elem", TypeKind::kArray, 64, elem, 8);
      part = heap_.structure("", kPart,
                             {{"topbits", {}, 0}, {"keys", keys, 8}, {"elems", elems, 136}, {"overflow", {}, 200}});
    }
    heap_.snapshot().types[part.row].role = has_groups() ? TypeRole::kMapGroup : TypeRole::kMapBucket;
    heap_.snapshot().types[part.row].of = map;
    return map;
  }
  void set_slot(std::uint64_t part, std::uint64_t slot, std::uint8_t mark, double x) {
    const std::uint64_t at = part * kPart;
    bytes_[at + slot] = std::byte(mark);
    std::memcpy(bytes_.data() + at + key_at(slot) + 8, &x, 8);
  }
  static std::uint8_t used() { return has_groups() ? 0x41 : 0x71; }
  static std::uint8_t unused() { return has_groups() ? 0x80 : 1; }
  void clear() {
    for (std::uint64_t part = 0; part < 2 * kParts; ++part)
      for (std::uint64_t slot = 0; slot < 8; ++slot) bytes_[part * kPart + slot] = std::byte(unused());
  }

  std::optional<std::uint64_t> count(std::uint64_t parts, std::vector<Address> arrays, TypeId map) {
    if (!snapshot_) snapshot_ = heap_.build();
    const heap::ObjectIndex index(*snapshot_);
    MemoryImage memory;
    memory.add(kHeap, bytes_, nullptr);
    memory.seal();
    go::MapRecord record;
    record.entries = 8;
    record.slots = parts * 8;
    record.arrays = std::move(arrays);
    record.has_groups = has_groups();
    return NanKeys(memory, index, *snapshot_).count(map, record);
  }

  HeapBuilder heap_;
  TypeId map_, plain_;
  std::vector<std::byte> bytes_;
  std::optional<heap::Snapshot> snapshot_;
};

INSTANTIATE_TEST_SUITE_P(Kinds, NanKeysTest, testing::Bool(),
                         [](const auto& has_groups) { return has_groups.param ? "Groups" : "Buckets"; });

TEST_P(NanKeysTest, AreCountedInUsedSlots) {
  clear();
  set_slot(0, 0, used(), kNan);
  set_slot(0, 1, used(), 1.5);
  set_slot(3, 7, used(), -kNan);
  set_slot(3, 6, unused(), kNan);
  set_slot(3, 5, used(), std::numeric_limits<double>::infinity());
  EXPECT_THAT(count(kParts, {kHeap}, map_), Optional(2U));
}

TEST_P(NanKeysTest, AreUnknownWhereThereAreNoNumbersOrNoMemory) {
  clear();
  EXPECT_EQ(count(kParts, {kHeap}, plain_), std::nullopt);
  bytes_.resize(kPart);
  EXPECT_EQ(count(kParts, {kHeap}, map_), std::nullopt);
}

TEST_P(NanKeysTest, AreCountedInWhatAMapIsMovingFrom) {
  if (has_groups()) return;
  clear();
  constexpr std::uint8_t kMoved = 2;
  set_slot(0, 0, used(), kNan);
  set_slot(kParts, 0, kMoved, kNan);
  set_slot(kParts + 1, 0, used(), kNan);
  set_slot(kParts + 2, 0, used(), kNan);
  EXPECT_THAT(count(kParts, {kHeap, kHeap + kParts * kPart}, map_), Optional(3U));
}

TEST_P(NanKeysTest, AreCountedInBucketsThatOthersOverflowInto) {
  if (has_groups()) return;
  clear();
  const std::uint64_t next = (kHeap + 2 * kPart).value;
  std::memcpy(bytes_.data() + 200, &next, 8);
  set_slot(2, 4, used(), kNan);
  EXPECT_THAT(count(2, {kHeap}, map_), Optional(1U));
  std::memcpy(bytes_.data() + 2 * kPart + 200, &next, 8);
  EXPECT_EQ(count(2, {kHeap}, map_), std::nullopt) << "a ring";
}

}  // namespace
}  // namespace holdfast::capture
