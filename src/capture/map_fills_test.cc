#include "capture/map_fills.h"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "capture/target_for_tests.h"

namespace holdfast::capture {
namespace {

using heap::DeleteTraces;
using heap::KnownBy;
using heap::MapFill;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;

constexpr unsigned kSlots48 = 5, kSlots512 = 26;  // size classes

class MapFillsTest : public testing::TestWithParam<int> {
 protected:
  // From Go 1.24 on, the map has one table.
  Address add_map(std::uint64_t entries, unsigned log2_groups, Address array, bool is_kept = true) {
    if (!headers_) headers_ = target_.heap.add_span(kSlots48);
    const Address header = is_kept ? target_.heap.keep(headers_) : target_.heap.allocate(headers_);
    if (!has_tables()) {
      target_.image.set(header, "runtime.hmap", "count", entries);
      target_.image.set(header, "runtime.hmap", "B", log2_groups);
      target_.image.set(header, "runtime.hmap", "buckets", array.value);
      return header;
    }
    const auto offset = [&](std::string_view type, std::string_view field) {
      return target_.image.layouts->offset(type, field);
    };
    const Address table = target_.image.make("internal/runtime/maps.table");
    const Address directory = target_.image.make("internal/runtime/maps.table");
    const Address groups = table + offset("internal/runtime/maps.table", "groups");
    target_.image.put(groups + offset("internal/runtime/maps.groupsReference", "data"), array);
    target_.image.put(groups + offset("internal/runtime/maps.groupsReference", "lengthMask"),
                      (std::uint64_t{1} << log2_groups) - 1);
    target_.image.put(directory, table);
    tables_[array] = table;
    target_.image.set(header, "internal/runtime/maps.Map", "used", entries);
    target_.image.set(header, "internal/runtime/maps.Map", "dirPtr", directory.value);
    target_.image.set(header, "internal/runtime/maps.Map", "dirLen", 1);
    return header;
  }
  Address add_array() {
    if (!arrays_) arrays_ = target_.heap.add_span(kSlots512, false);
    return target_.heap.keep(arrays_);
  }
  bool has_tables() const { return target_.image.version.swiss_maps(); }

  // Leaves behind in the map of that array what deletes do. A table has 64 slots, of which 56 are filled at most.
  void leave_traces(Address array, std::uint64_t used, std::uint64_t growth_left) {
    if (has_tables()) {
      const Address table = tables_.at(array);
      target_.image.set(table, "internal/runtime/maps.table", "used", used);
      target_.image.set(table, "internal/runtime/maps.table", "capacity", 64);
      target_.image.set(table, "internal/runtime/maps.table", "growthLeft", growth_left);
    } else if (used + growth_left < 56) {
      target_.image.put<std::uint64_t>(array + 64, 0x4706014544434241);
    }
  }

  // Makes every object of 48 bytes a header of a map, known in that way, arrays buckets of 64 bytes, and looks.
  std::vector<MapFill> fills(KnownBy known_by = KnownBy::kHeader) {
    heap::Snapshot s = target_.snapshot();
    heap::Type header;
    header.role = heap::TypeRole::kMapHeader;
    header.size = 48;
    s.types.push_back(header);
    const TypeId type(static_cast<std::uint32_t>(s.types.size() - 1));
    heap::Type bucket;
    bucket.role = heap::TypeRole::kMapBucket;
    bucket.size = 64;
    s.types.push_back(bucket);
    s.object_type = HugeArray<heap::ObjectType>(s.objects);
    for (std::uint32_t row = 0; row < s.pointerful; ++row) s.object_type[row] = {type, known_by};
    for (std::uint32_t row = s.pointerful; row < s.objects; ++row)
      s.object_type[row] = {TypeId(type.row + 1), KnownBy::kHeader};
    s.map_fills.clear();
    const heap::ObjectIndex index(s);
    add_map_fills(target_.image.runtime(), index, s, target_.losses);
    return s.map_fills;
  }
  std::uint64_t bad_maps() const {
    for (const Loss& loss : target_.losses.sorted())
      if (loss.kind == "bad-map") return loss.count;
    return 0;
  }

  TargetImage target_{GetParam()};
  Address headers_, arrays_;
  std::map<Address, Address> tables_;  // by array
};

INSTANTIATE_TEST_SUITE_P(Releases, MapFillsTest, testing::Values(19, 23, 24, 26, 27),
                         [](const auto& minor) { return "Go1" + std::to_string(minor.param); });

TEST_P(MapFillsTest, TellsEntriesRoomAndBytesOfLargeMaps) {
  add_map(5, 3, add_array());
  add_map(3, 2, add_array());  // room for 32 only
  add_map(128, 4, add_array());
  EXPECT_THAT(fills(), ElementsAre(MapFill{ObjectId(0), 5, 64, 512, DeleteTraces::kNone},
                                   MapFill{ObjectId(2), 128, 128, 512, DeleteTraces::kNone}));
  EXPECT_EQ(bad_maps(), 0U);
}

TEST_P(MapFillsTest, TellsWhetherEntriesWereDeleted) {
  const Address kept = add_array(), deleted = add_array();
  add_map(40, 3, kept);
  add_map(30, 3, deleted);
  leave_traces(kept, 40, 16);
  leave_traces(deleted, 30, 16);
  EXPECT_THAT(fills(), ElementsAre(MapFill{ObjectId(0), 40, 64, 512, DeleteTraces::kNone},
                                   MapFill{ObjectId(1), 30, 64, 512, DeleteTraces::kSome}));
}

TEST_P(MapFillsTest, CountsMapsThatContradictThemselvesOrTheHeap) {
  add_map(65, 3, add_array());
  add_map(5, 3, Address(0x4711));
  EXPECT_THAT(fills(), IsEmpty());
  EXPECT_EQ(bad_maps(), 2U);
}

TEST_P(MapFillsTest, WhatMayBeNoMapIsNoDamage) {
  add_map(65, 3, add_array());
  EXPECT_THAT(fills(KnownBy::kInferred), IsEmpty());
  EXPECT_EQ(bad_maps(), 0U);
}

}  // namespace
}  // namespace holdfast::capture
