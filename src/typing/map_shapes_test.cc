#include "typing/map_shapes.h"

#include <gtest/gtest.h>

#include "typing/heap_for_tests.h"

namespace holdfast::typing {
namespace {

// A map of 64 entries of which nothing but its groups is known; the tests break one thing each.
class MapShapesTest : public testing::Test {
 protected:
  explicit MapShapesTest(int minor = 26) : program_(minor), image_(program_.image) {
    integer_ = image_.integer();
    item_ = image_.structure({{"n", integer_, 0}, {"text", image_.string(), 8}}, 32, "main.Item", {"main", {}});
    item_pointer_ = image_.pointer(item_, "*main.Item");
  }
  std::string type(std::uint32_t row) { return program_.name(propagation_->type(row)); }
  // Returns how many headers are found. `groups` are known to be of the type.
  std::uint64_t find(std::uint32_t groups, Address group_type, KnownBy known_by = KnownBy::kHeader) {
    program_.open();
    propagation_.emplace(heap_, *program_.types);
    propagation_->claim_object(groups, program_.types->intern(group_type), known_by);
    propagation_->run();
    MapShapes shapes(program_.layouts, heap_, *program_.types, *propagation_);
    const std::uint64_t found = shapes.claim();
    propagation_->run();
    return found;
  }

  TestProgram program_;
  go::TypeImage& image_;
  TestHeap heap_;
  Address integer_, item_, item_pointer_;
  std::optional<Propagation> propagation_;
};

class SwissMapShapes : public MapShapesTest {
 protected:
  SwissMapShapes() {
    program_.layouts.swiss_map = kTestSwissMap;
    group_ = image_.structure({{"ctrl", integer_, 0}, {"slots", image_.array(item_pointer_, 8, "[8]*main.Item"), 8}},
                              72, "map.group[int]*main.Item");
    const Address named = image_.map(integer_, item_pointer_, group_, "main.Items", {"main", {}});
    program_.known = {group_, image_.map(integer_, item_pointer_, group_, "map[int]*main.Item"), named, item_};
    header_ = heap_.add(48, true);
    directory_ = heap_.add(16, true);
    table_ = heap_.add(32, true);
    other_ = heap_.add(32, true);
    groups_ = heap_.add(576, true);
    value_ = heap_.add(32, true);
    heap_.write(header_, 0, 40);
    heap_.write(header_, 16, heap_.at(directory_));
    heap_.write(header_, 24, 2);
    heap_.write(directory_, 0, heap_.at(table_));
    heap_.write(directory_, 8, heap_.at(table_));
    heap_.write(table_, 16, heap_.at(groups_));
    heap_.write(table_, 24, 7);
    heap_.write(groups_, 8, heap_.at(value_));
  }
  Address group_;
  std::uint32_t header_ = 0, directory_ = 0, table_ = 0, other_ = 0, groups_ = 0, value_ = 0;
};

TEST_F(SwissMapShapes, TellTheHeaderByTheGroups) {
  EXPECT_EQ(find(groups_, group_), 1U);
  EXPECT_EQ(type(header_), "header of map[int]*main.Item") << "not of a type with the same groups and a name";
  EXPECT_EQ(type(directory_), "directory of map[int]*main.Item");
  EXPECT_EQ(type(table_), "table of map[int]*main.Item");
  EXPECT_EQ(type(value_), "main.Item");
  EXPECT_EQ(propagation_->known_by(header_), KnownBy::kLibrary);
}

TEST_F(SwissMapShapes, BelieveNoGuess) {
  EXPECT_EQ(find(groups_, group_, KnownBy::kInferred), 0U);
}

TEST_F(SwissMapShapes, AskThatTheDirectoryFits) {
  for (const std::uint64_t length : {1U, 3U, 4U}) {  // of 16 bytes
    heap_.write(header_, 24, length);
    EXPECT_EQ(find(groups_, group_), 0U) << length;
  }
}

TEST_F(SwissMapShapes, AskThatEachTableFits) {
  heap_.write(directory_, 8, heap_.at(other_));
  EXPECT_EQ(find(groups_, group_), 0U) << "it has no groups";
  heap_.write(directory_, 8, heap_.at(table_));
  heap_.write(table_, 8, 1);
  EXPECT_EQ(find(groups_, group_), 0U) << "the first of its places is another one";
  heap_.write(table_, 8, 0);
  for (const std::uint64_t mask : {6U, 15U}) {
    heap_.write(table_, 24, mask);
    EXPECT_EQ(find(groups_, group_), 0U) << mask;
  }
}

TEST_F(SwissMapShapes, AskThatTheEntriesHaveRoom) {
  heap_.write(header_, 0, 65);
  EXPECT_EQ(find(groups_, group_), 0U);
  heap_.write(header_, 0, 64);
  EXPECT_EQ(find(groups_, group_), 1U);
}

class HashMapShapes : public MapShapesTest {
 protected:
  HashMapShapes() : MapShapesTest(21) {
    program_.layouts.hash_map = {
        .bytes = 48, .log2_buckets = 9, .buckets = 16, .old_buckets = 24, .extra = 40, .extra_bytes = 24};
    bucket_ =
        image_.structure({{"topbits", integer_, 0},
                          {"values", image_.array(item_pointer_, 8, "[8]*main.Item"), 72},
                          {"overflow", image_.basic(go::TypeKind::kUnsafePointer, "unsafe.Pointer", 8, {true}), 136}},
                         144, "map.bucket[int]*main.Item");
    const Address map = image_.map(integer_, item_pointer_, bucket_, "map[int]*main.Item");
    image_.write(map + 80, std::uint8_t{8});
    image_.write(map + 81, std::uint8_t{8});
    image_.write(map + 82, std::uint16_t{144});
    program_.known = {bucket_, map, item_};
    header_ = heap_.add(48, true);
    buckets_ = heap_.add(576, true);
    old_ = heap_.add(288, true);
    heap_.write(header_, 8, std::uint64_t{2} << 8);
    heap_.write(header_, 16, heap_.at(buckets_));
  }
  Address bucket_;
  std::uint32_t header_ = 0, buckets_ = 0, old_ = 0;
};

TEST_F(HashMapShapes, TellTheHeaderByTheBuckets) {
  EXPECT_EQ(find(buckets_, bucket_), 1U);
  EXPECT_EQ(type(header_), "header of map[int]*main.Item");
}

TEST_F(HashMapShapes, AskThatTheBucketsHaveRoom) {
  heap_.write(header_, 8, std::uint64_t{3} << 8);
  EXPECT_EQ(find(buckets_, bucket_), 0U);
}

TEST_F(HashMapShapes, AskThatOldBucketsAreBuckets) {
  heap_.write(header_, 24, heap_.at(old_));
  EXPECT_EQ(find(buckets_, bucket_), 0U);
}

}  // namespace
}  // namespace holdfast::typing
