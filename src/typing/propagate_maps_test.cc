#include "typing/propagate_for_tests.h"

namespace holdfast::typing {
namespace {

TEST_F(Propagate, FollowsSwissMapsFromTheHeaderToTheGroups) {
  program.layouts.swiss_map = kTestSwissMap;
  const Address group =
      image.structure({{"ctrl", integer, 0}, {"slots", image.array(item_pointer, 8, "[8]*main.Item"), 8}}, 72,
                      "map.group[int]*main.Item");
  const Address map = image.map(integer, item_pointer, group, "map[int]*main.Item");
  const Address holder = image.structure({{"small", map, 0}, {"large", map, 8}}, 16, "main.H", {"main", {}});
  const std::uint32_t root = heap.add(16, true), small = heap.add(48, true), one = heap.add(72, true),
                      large = heap.add(48, true), directory = heap.add(16, true), table = heap.add(32, true),
                      groups = heap.add(288, true), a = heap.add(32, true), b = heap.add(32, true);
  heap.write(root, 0, heap.at(small));
  heap.write(root, 8, heap.at(large));
  heap.write(small, 16, heap.at(one));
  heap.write(one, 8, heap.at(a));
  heap.write(large, 16, heap.at(directory));
  heap.write(large, 24, 2);
  heap.write(directory, 0, heap.at(table));
  heap.write(directory, 8, heap.at(table));
  heap.write(table, 16, heap.at(groups));
  heap.write(table, 24, 3);
  heap.write(groups, 256, heap.at(b));
  program.open();
  Propagation p(heap, *program.types);
  p.claim_object(root, program.types->intern(holder), KnownBy::kHeader);
  p.run();
  EXPECT_EQ(type(p, small), "header of map[int]*main.Item");
  EXPECT_EQ(p.known_by(small), KnownBy::kLibrary);
  EXPECT_EQ(type(p, one), "map.group[int]*main.Item");
  EXPECT_EQ(type(p, large), "header of map[int]*main.Item");
  EXPECT_EQ(type(p, directory), "directory of map[int]*main.Item");
  EXPECT_EQ(type(p, table), "table of map[int]*main.Item");
  EXPECT_EQ(type(p, groups), "map.group[int]*main.Item");
  EXPECT_EQ(type(p, a), "main.Item");
  EXPECT_EQ(type(p, b), "main.Item");
}

// A large directory has a header, which says what it is of any map; and so do its tables, then.
class PropagateEitherFirst : public Propagate, public testing::WithParamInterface<bool> {};

TEST_P(PropagateEitherFirst, NamesTheMapOfADirectoryWithAHeader) {
  program.layouts.swiss_map = kTestSwissMap;
  const Address group = image.structure({{"ctrl", integer, 0}, {"slots", integer, 8}}, 72, "map.group[int]int");
  const Address map = image.map(integer, integer, group, "map[int]int");
  const Address plain_table = image.structure({{"used", integer, 0}, {"groups", image.pointer(integer, "*int"), 16}},
                                              32, "maps.table", {"internal/runtime/maps", {}});
  const Address pointer = image.pointer(plain_table, "*maps.table");
  const Address holder = image.structure({{"large", map, 0}}, 8, "main.H", {"main", {}});
  const std::uint32_t root = heap.add(8, true), large = heap.add(48, true), directory = heap.add(16, true),
                      table = heap.add(32, true), groups = heap.add(288, false);
  heap.write(root, 0, heap.at(large));
  heap.write(large, 16, heap.at(directory));
  heap.write(large, 24, 2);
  heap.write(directory, 0, heap.at(table));
  heap.write(directory, 8, heap.at(table));
  heap.write(table, 16, heap.at(groups));
  heap.write(table, 24, 3);
  program.open();
  Propagation p(heap, *program.types);
  const auto claim_holder = [&] { p.claim_object(root, program.types->intern(holder), KnownBy::kHeader); };
  if (!GetParam()) claim_holder();
  p.claim_object(directory, program.types->intern(pointer), KnownBy::kHeader);
  if (GetParam()) claim_holder();
  p.run();
  EXPECT_EQ(type(p, directory), "directory of map[int]int");
  EXPECT_EQ(p.known_by(directory), KnownBy::kHeader);
  EXPECT_EQ(type(p, table), "table of map[int]int");
  EXPECT_EQ(type(p, groups), "map.group[int]int");
}

INSTANTIATE_TEST_SUITE_P(HeaderAndMap, PropagateEitherFirst, testing::Bool());

class PropagateOld : public Propagate {
 protected:
  PropagateOld() : Propagate(21) {}
};

TEST_F(PropagateOld, FollowsHashMapsAndTheirOverflowBuckets) {
  program.layouts.hash_map = {.bytes = 48,
                              .log2_buckets = 9,
                              .buckets = 16,
                              .old_buckets = 24,
                              .extra = 40,
                              .extra_bytes = 24,
                              .overflow = 0,
                              .old_overflow = 8,
                              .next_overflow = 16};
  const Address bucket =
      image.structure({{"topbits", integer, 0},
                       {"values", image.array(item_pointer, 8, "[8]*main.Item"), 72},
                       {"overflow", image.basic(go::TypeKind::kUnsafePointer, "unsafe.Pointer", 8, {true}), 136}},
                      144, "map.bucket[int]*main.Item");
  const Address map = image.map(integer, item_pointer, bucket, "map[int]*main.Item");
  image.write(map + 80, std::uint8_t{8});
  image.write(map + 81, std::uint8_t{8});
  image.write(map + 82, std::uint16_t{144});
  const std::uint32_t header = heap.add(48, true), buckets = heap.add(288, true), overflow = heap.add(144, true),
                      extra = heap.add(24, true), list = heap.add(24, true), pointers = heap.add(16, true),
                      listed = heap.add(144, true), value = heap.add(32, true);
  heap.write(header, 16, heap.at(buckets));
  heap.write(header, 40, heap.at(extra));
  heap.write(buckets, 144 + 136, heap.at(overflow));
  heap.write(overflow, 72, heap.at(value));
  heap.write(extra, 0, heap.at(list));
  heap.write_slice(list, 0, heap.at(pointers), 2);
  heap.write(pointers, 8, heap.at(listed));
  program.open();
  TypeTable& types = *program.types;
  Propagation p(heap, types);
  p.claim_target(heap.at(header), types.map_header(types.intern(map)), KnownBy::kDwarf);
  p.run();
  EXPECT_EQ(type(p, header), "header of map[int]*main.Item");
  EXPECT_EQ(p.known_by(header), KnownBy::kDwarf);
  for (const std::uint32_t row : {buckets, overflow, listed})
    EXPECT_EQ(type(p, row), "map.bucket[int]*main.Item") << row;
  EXPECT_EQ(type(p, pointers), "overflow of map[int]*main.Item");
  EXPECT_EQ(type(p, value), "main.Item");
}

}  // namespace
}  // namespace holdfast::typing
