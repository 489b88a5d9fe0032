#include "go/map_record.h"

#include <gmock/gmock.h>

#include <string>

#include "go/stack_image_for_tests.h"

namespace holdfast::go {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view kBuckets = "runtime.hmap";
constexpr std::string_view kGroups = "internal/runtime/maps.Map";
constexpr std::string_view kTable = "internal/runtime/maps.table";
constexpr Address kArray{0xc000400000}, kOther{0xc000500000};  // nobody reads these

std::string release_name(const testing::TestParamInfo<int>& minor) {
  return "Go1" + std::to_string(minor.param);
}

class MapOfBuckets : public testing::TestWithParam<int> {
 protected:
  void set(std::string_view field, std::uint64_t value) { image_.set(header_, kBuckets, field, value); }

  StackImage image_{GetParam()};
  Address header_ = image_.make(kBuckets);
};

INSTANTIATE_TEST_SUITE_P(Releases, MapOfBuckets, testing::Values(19, 21, 23), release_name);

TEST_P(MapOfBuckets, HasEightSlotsInEach) {
  set("count", 60);
  set("B", 4);
  set("buckets", kArray.value);
  MapReader reader(image_.runtime());
  const MapRecord* const map = reader.read(header_);
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(map->entries, 60U);
  EXPECT_EQ(map->slots, 128U);
  EXPECT_THAT(map->arrays, ElementsAre(kArray));
  EXPECT_TRUE(map->is_sound());
}

TEST_P(MapOfBuckets, WhileItGrowsNamesTheOldOnesToo) {
  set("count", 60);
  set("B", 4);
  set("buckets", kArray.value);
  set("oldbuckets", kOther.value);
  MapReader reader(image_.runtime());
  EXPECT_THAT(reader.read(header_)->arrays, ElementsAre(kArray, kOther));
  EXPECT_EQ(reader.read(header_)->slots, 128U);
}

TEST_P(MapOfBuckets, WithoutBucketsHasNoRoom) {
  MapReader reader(image_.runtime());
  EXPECT_EQ(reader.read(header_)->slots, 0U);
  EXPECT_THAT(reader.read(header_)->arrays, IsEmpty());
}

TEST_P(MapOfBuckets, RefusesWhatNoMapCanBe) {
  MapReader reader(image_.runtime());
  EXPECT_EQ(reader.read(Address(0x7fff00000000)), nullptr);
  set("B", 200);
  EXPECT_EQ(reader.read(header_), nullptr);
  set("B", 1);
  set("count", 17);
  set("buckets", kArray.value);
  EXPECT_FALSE(reader.read(header_)->is_sound());
}

TEST_P(MapOfBuckets, HasAHoleWhereAnEntryBeforeOneInUseWasDeleted) {
  constexpr std::uint64_t kBucket = 144;
  const Address buckets = StackImage::kStack;
  const auto put_marks = [&](std::uint64_t bucket, std::uint64_t marks) {
    image_.put(buckets + bucket * kBucket, marks);
  };
  put_marks(0, 0x0000000000070605);  // three in use, the rest was never
  put_marks(1, 0x4746454443424140);
  const MapReader reader(image_.runtime());
  EXPECT_EQ(reader.has_holes(buckets, 2, kBucket), false);
  put_marks(1, 0x4746454443420140);
  EXPECT_EQ(reader.has_holes(buckets, 2, kBucket), true);
  EXPECT_EQ(reader.has_holes(buckets, 1, kBucket), false);
  EXPECT_EQ(reader.has_holes(Address(0x7fff00000000), 1, kBucket), std::nullopt);
}

class MapOfGroups : public testing::TestWithParam<int> {
 protected:
  void set(std::string_view field, std::uint64_t value) { image_.set(header_, kGroups, field, value); }
  Address make_table(Address groups, std::uint64_t last_group) {
    const Address table = image_.make(kTable);
    const std::uint32_t at = image_.layouts->offset(kTable, "groups");
    image_.put(table + at + image_.layouts->offset("internal/runtime/maps.groupsReference", "data"), groups);
    image_.put(table + at + image_.layouts->offset("internal/runtime/maps.groupsReference", "lengthMask"), last_group);
    return table;
  }

  StackImage image_{GetParam()};
  Address header_ = image_.make(kGroups);
};

INSTANTIATE_TEST_SUITE_P(Releases, MapOfGroups, testing::Values(24, 25, 26, 27), release_name);

TEST_P(MapOfGroups, OfASmallOneTheDirectoryIsAGroup) {
  set("used", 5);
  MapReader reader(image_.runtime());
  EXPECT_FALSE(reader.read(header_)->is_sound()) << "it has no group";
  set("dirPtr", kArray.value);
  const MapRecord* const map = reader.read(header_);
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(map->entries, 5U);
  EXPECT_EQ(map->slots, 8U);
  EXPECT_THAT(map->arrays, ElementsAre(kArray));
}

TEST_P(MapOfGroups, CountsEachTableOnceThoughTheDirectoryRepeatsIt) {
  const Address small = make_table(kArray, 63), large = make_table(kOther, 127);
  set("used", 700);
  set("dirLen", 4);
  set("dirPtr", StackImage::kStack.value);
  const Address places[] = {small, small, large, large};
  for (std::uint64_t i = 0; i < 4; ++i) image_.put(StackImage::kStack + i * 8, places[i]);
  MapReader reader(image_.runtime());
  const MapRecord* const map = reader.read(header_);
  ASSERT_NE(map, nullptr);
  EXPECT_EQ(map->slots, (64U + 128U) * 8);
  EXPECT_THAT(map->arrays, ElementsAre(kArray, kOther));
  EXPECT_TRUE(map->is_sound());
}

TEST_P(MapOfGroups, CountsTombstonesByWhatATableCanStillTake) {
  const Address table = make_table(kArray, 15);  // 128 slots, of which 112 are filled at most
  set("used", 50);
  set("dirLen", 1);
  set("dirPtr", StackImage::kStack.value);
  image_.put(StackImage::kStack, table);
  const auto fill = [&](std::uint64_t used, std::uint64_t left) {
    image_.set(table, kTable, "used", used);
    image_.set(table, kTable, "capacity", 128);
    image_.set(table, kTable, "growthLeft", left);
  };
  MapReader reader(image_.runtime());
  fill(50, 62);
  EXPECT_EQ(reader.read(header_)->tombstones, 0U);
  fill(50, 50);
  EXPECT_EQ(reader.read(header_)->tombstones, 12U);
  fill(50, 70);  // contradicts itself
  EXPECT_EQ(reader.read(header_)->tombstones, 0U);
  set("clearSeq", 3);
  EXPECT_EQ(reader.read(header_)->clears, 3U);
}

TEST_P(MapOfGroups, RefusesTablesThatCannotBeRead) {
  set("dirLen", std::uint64_t{1} << 50);
  set("dirPtr", StackImage::kStack.value);
  MapReader reader(image_.runtime());
  EXPECT_EQ(reader.read(header_), nullptr);
  set("dirLen", 1);
  image_.put(StackImage::kStack, Address(0x7fff00000000));
  EXPECT_EQ(reader.read(header_), nullptr);
  set("dirPtr", 0x7fff00000000);
  EXPECT_EQ(reader.read(header_), nullptr);
}

}  // namespace
}  // namespace holdfast::go
