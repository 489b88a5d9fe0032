#include "view/map_entries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "heap/content_for_tests.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::TypeKind;
using heap::TypeRole;
using heap::testing::ContentImage;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;

// A map[uint64]uint64 of either kind: the header is the first object, the others are groups and tables of one size.
class MapEntriesTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kGroup = 144, kObject = 1152;  // room for eight groups

  TypeId number_type() { return heap.type("uint64", TypeKind::kUint64, 8); }
  TypeId of_role(TypeRole role, std::initializer_list<HeapBuilder::FieldOf> fields, TypeId of = {}) {
    const TypeId type = heap.structure("", 48, fields, TypeKind::kOpaque);
    heap.snapshot().types[type.row].role = role;
    heap.snapshot().types[type.row].of = of;
    return type;
  }
  void make_types(bool swiss, bool elem_outside = false) {
    const TypeId number = number_type();
    map = heap.type("map[uint64]uint64", TypeKind::kMap, 8, number, 0, number);
    const TypeId elem = elem_outside ? heap.pointer_type("*uint64", number) : number;
    const TypeId keys = heap.type("[8]uint64", TypeKind::kArray, 64, number, 8);
    const TypeId elems = heap.type("[8]elem", TypeKind::kArray, 64, elem, 8);
    if (swiss) {
      const TypeId slot = heap.structure("", 16, {{"key", number, 0}, {"elem", elem, 8}});
      const TypeId slots = heap.type("[8]slot", TypeKind::kArray, 128, slot, 8);
      group = heap.structure("", kGroup, {{"ctrl", number, 0}, {"slots", slots, 8}});
      header =
          of_role(TypeRole::kMapHeader, {{"count", {}, 0}, {"directory", {}, 16}, {"directory_length", {}, 24}}, map);
      of_role(TypeRole::kMapTable, {{"groups", {}, 16}, {"groups_mask", {}, 24}}, map);
    } else {
      group = heap.structure("", kGroup,
                             {{"topbits", number, 0}, {"keys", keys, 8}, {"elems", elems, 72}, {"overflow", {}, 136}});
      header = of_role(
          TypeRole::kMapHeader,
          {{"count", {}, 0}, {"flags", {}, 8}, {"log2_buckets", {}, 9}, {"buckets", {}, 16}, {"old_buckets", {}, 24}},
          map);
    }
    heap.snapshot().types[group.row].role = swiss ? TypeRole::kMapGroup : TypeRole::kMapBucket;
    heap.snapshot().types[group.row].of = map;
  }
  void make_objects(int count) {
    for (int i = 0; i < count; ++i) heap.object(kObject);
    snapshot = heap.build();
    index.emplace(snapshot);
  }
  Address at(std::uint32_t object) const { return index->address_of(ObjectId(object)); }
  void slot(Address group_at, bool swiss, std::uint64_t number, std::uint8_t mark, std::uint64_t key,
            std::uint64_t elem) {
    image.byte(group_at + number, mark);
    image.word(swiss ? group_at + 8 + number * 16 : group_at + 8 + number * 8, key);
    image.word(swiss ? group_at + 16 + number * 16 : group_at + 72 + number * 8, elem);
  }
  void empty_group(Address group_at) {
    for (std::uint64_t s = 0; s < 8; ++s) image.byte(group_at + s, 0x80);
  }
  // Reads the entries and returns {key: element}.
  std::map<std::uint64_t, std::uint64_t> read() {
    image.add_to(snapshot);
    const TargetBytes bytes(snapshot, *index);
    found = MapReader(snapshot, bytes).entries(map, at(0));
    std::map<std::uint64_t, std::uint64_t> out;
    for (const MapEntry& entry : found.entries) out[*bytes.word(entry.key)] = *bytes.word(entry.elem);
    return out;
  }
  using Entries = std::map<std::uint64_t, std::uint64_t>;

  HeapBuilder heap;
  TypeId map, group, header;
  heap::Snapshot snapshot;
  std::optional<heap::ObjectIndex> index;
  ContentImage image;
  MapEntries found;
};

TEST_F(MapEntriesTest, OfASmallSwissMapLieInItsOnlyGroup) {
  make_types(true);
  make_objects(2);
  image.word(at(0), 2).word(at(0) + 16, at(1));
  empty_group(at(1));
  slot(at(1), true, 0, 0x11, 1, 10);
  slot(at(1), true, 3, 0xfe, 2, 20);  // deleted
  slot(at(1), true, 7, 0x00, 3, 30);
  EXPECT_EQ(read(), (Entries{{1, 10}, {3, 30}}));
  EXPECT_EQ(found.problem, "");
}

TEST_F(MapEntriesTest, OfALargeSwissMapLieInTablesThatStandInTheDirectorySeveralTimes) {
  make_types(true);
  make_objects(6);
  image.word(at(0), 3).word(at(0) + 16, at(1)).word(at(0) + 24, 4);
  image.word(at(1), at(2)).word(at(1) + 8, at(2)).word(at(1) + 16, at(3)).word(at(1) + 24, at(3));
  image.word(at(2) + 16, at(4)).word(at(2) + 24, 1);  // two groups
  image.word(at(3) + 16, at(5)).word(at(3) + 24, 0);
  for (const Address one : {at(4), at(4) + kGroup, at(5)}) empty_group(one);
  slot(at(4), true, 1, 1, 1, 10);
  slot(at(4) + kGroup, true, 2, 1, 2, 20);
  slot(at(5), true, 3, 1, 3, 30);
  EXPECT_EQ(read(), (Entries{{1, 10}, {2, 20}, {3, 30}}));
  EXPECT_EQ(found.problem, "");
}

TEST_F(MapEntriesTest, OfAMapOfBucketsLieInOverflowBucketsToo) {
  make_types(false);
  make_objects(3);
  image.word(at(0), 3).byte(at(0) + 9, 1).word(at(0) + 16, at(1));  // two buckets
  slot(at(1), false, 0, 5, 1, 10);
  slot(at(1), false, 1, 1, 9, 90);  // empty
  image.word(at(1) + 136, at(2));
  slot(at(2), false, 7, 200, 2, 20);
  slot(at(1) + kGroup, false, 4, 77, 3, 30);
  EXPECT_EQ(read(), (Entries{{1, 10}, {2, 20}, {3, 30}}));
  EXPECT_EQ(found.problem, "");
}

TEST_F(MapEntriesTest, OfAMapThatGrowsLieInOldBucketsUntilTheseHaveMoved) {
  make_types(false);
  make_objects(3);
  image.word(at(0), 2).byte(at(0) + 9, 2).word(at(0) + 16, at(1)).word(at(0) + 24, at(2));
  slot(at(1), false, 0, 5, 1, 10);
  slot(at(2), false, 0, 2, 1, 10);  // has moved
  slot(at(2), false, 1, 5, 8, 80);  // likewise
  slot(at(2) + kGroup, false, 0, 5, 2, 20);
  EXPECT_EQ(read(), (Entries{{1, 10}, {2, 20}}));
  EXPECT_EQ(found.problem, "");
}

TEST_F(MapEntriesTest, AreReadFromWhereTheMapKeepsLargeOnes) {
  make_types(true, true);
  make_objects(3);
  image.word(at(0), 1).word(at(0) + 16, at(1));
  empty_group(at(1));
  slot(at(1), true, 0, 1, 7, at(2).value + 8);
  image.word(at(2) + 8, 70);
  EXPECT_EQ(read(), (Entries{{7, 70}}));
  ASSERT_EQ(found.entries.size(), 1U);
  EXPECT_EQ(found.entries[0].elem_slot, at(1) + 16);
  EXPECT_EQ(found.entries[0].elem, at(2) + 8);
}

TEST_F(MapEntriesTest, SayThatTheyAreNotThoseThatTheHeaderCounts) {
  make_types(true);
  make_objects(2);
  image.word(at(0), 5).word(at(0) + 16, at(1));
  empty_group(at(1));
  slot(at(1), true, 0, 1, 1, 10);
  read();
  EXPECT_THAT(found.problem, HasSubstr("counts 5, 1 were found"));
}

TEST_F(MapEntriesTest, OfAPartAreThoseThatLieInIt) {
  for (const bool swiss : {true, false}) {
    heap = HeapBuilder();
    image = {};
    make_types(swiss);
    make_objects(3);
    const std::uint8_t used = swiss ? 1 : 9, free = swiss ? 0x80 : 0, gone = swiss ? 0xfe : 3;
    for (std::uint64_t g = 0; g < kObject / kGroup; ++g)
      for (std::uint64_t s = 0; s < 8; ++s) image.byte(at(1) + g * kGroup + s, free);
    slot(at(1), swiss, 2, used, 5, 50);
    slot(at(1), swiss, 3, gone, 7, 70);
    slot(at(1) + kGroup, swiss, 0, used, 6, 60);
    if (!swiss) image.word(at(1) + 136, at(2));  // overflows into another object
    image.add_to(snapshot);
    const TargetBytes bytes(snapshot, *index);
    MapReader reader(snapshot, bytes);
    EXPECT_EQ(reader.entries_of_part(map, at(1), kObject).entries.size(), 2U);
    const MapEntries first = reader.entries_of_part(map, at(1), kGroup);
    ASSERT_EQ(first.entries.size(), 1U);
    EXPECT_EQ(first.count, 1U);
    EXPECT_EQ(first.problem, "");
    EXPECT_EQ(bytes.word(first.entries[0].key), 5U);
    EXPECT_EQ(bytes.word(first.entries[0].elem), 50U);
  }
}

TEST_F(MapEntriesTest, SurviveDamage) {
  make_types(false);
  make_objects(2);
  image.word(at(0), 5).byte(at(0) + 9, 200).word(at(0) + 16, at(1));
  read();
  EXPECT_THAT(found.problem, HasSubstr("header"));
  image.byte(at(0) + 9, 0).word(at(0) + 16, 0xdead0000);
  snapshot.content = {};
  read();
  EXPECT_THAT(found.problem, HasSubstr("not kept"));
}

TEST_F(MapEntriesTest, OfARingOfBucketsEnd) {
  make_types(false);
  make_objects(2);
  image.word(at(0), 5).word(at(0) + 16, at(1)).word(at(1) + 136, at(1));
  read();
  EXPECT_THAT(found.problem, HasSubstr("ring"));
}

}  // namespace
}  // namespace holdfast::view
