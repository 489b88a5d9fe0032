#include "detect/report_for_tests.h"

namespace holdfast::detect {
namespace {

using detect::testing::add_ballast;
using detect::testing::find;
using detect::testing::report_of;
using heap::RootKind;
using heap::TypeKind;
using heap::TypeRole;
using heap::testing::HeapBuilder;
using view::Confidence;

struct KeysOfMap {
  unsigned keys = 4000, held = 100;    // somebody else has so many of the keys
  TypeKind elem = TypeKind::kPointer;  // of the map
  TypeKind key = TypeKind::kPointer;
  bool elements_refer_back = false;   // each to its own key
  bool elements_refer_aside = false;  // each to the next key
  bool elements_are_keys = false;     // of the entry before
  std::optional<std::uint64_t> nan_keys = {};
};

// A map of groups with eight keys and elements each, as from Go 1.24 on, in one table.
view::Report report_of_keys(const KeysOfMap& which) {
  HeapBuilder heap;
  add_ballast(heap);
  const TypeId key = heap.type("*main.conn", which.key, 8), elem = heap.type("main.elem", which.elem, 8);
  const TypeId map = heap.type("map[*main.conn]*main.state", TypeKind::kMap, 8, elem, 0, key);
  const TypeId slot = heap.structure("slot", 16, {{"key", key, 0}, {"elem", elem, 8}});
  const TypeId slots = heap.type("[8]slot", TypeKind::kArray, 128, slot, 8);
  const TypeId group = heap.structure("", 136, {{"ctrl", {}, 0}, {"slots", slots, 8}});
  heap.snapshot().types[group.row].role = TypeRole::kMapGroup;
  heap.snapshot().types[group.row].of = map;
  const auto header = heap.object(48, heap.type_of_role(TypeRole::kMapHeader, 48, map));
  const auto table = heap.object(std::uint64_t{136} * (which.keys / 8), group);
  heap.edge(header, 16, table).refer(heap.root(RootKind::kGlobal, "main.states"), header);
  std::vector<HeapBuilder::Handle> keys, states;
  for (unsigned i = 0; i < which.keys; ++i) {
    keys.push_back(heap.object(512));
    if (which.elem == TypeKind::kPointer) states.push_back(heap.object(512));
  }
  for (unsigned i = 0; i < which.keys; ++i) {
    const std::uint64_t at = 8 + std::uint64_t{136} * (i / 8) + std::uint64_t{16} * (i % 8);
    heap.edge(table, at, keys[i]);
    const unsigned next = (i + 1) % which.keys;
    if (which.elements_are_keys) heap.edge(table, at + 8, keys[next]);
    if (which.elem != TypeKind::kPointer || which.elements_are_keys) continue;
    heap.edge(table, at + 8, states[i]);
    if (which.elements_refer_back) heap.edge(states[i], 0, keys[i]);
    if (which.elements_refer_aside) heap.edge(states[i], 0, keys[next]);
  }
  const RootId open = heap.root(RootKind::kGlobal, "main.open");
  for (unsigned i = 0; i < which.held; ++i) heap.refer(open, keys[i], 8 * i);
  const ObjectId id = heap.id(header);
  heap::Snapshot s = heap.build();
  s.map_fills = {{.header = id,
                  .entries = which.keys,
                  .slots = which.keys,
                  .bytes = std::uint64_t{136} * (which.keys / 8),
                  .nan_keys = which.nan_keys}};
  return report_of(s);
}

TEST(DeadKeys, AreStronglySuspectedIfOthersHaveSomeOfTheKeys) {
  for (const bool back : {false, true}) {
    const view::Report report = report_of_keys({.elements_refer_back = back});
    const view::Finding* const finding = find(report, "dead-keys");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, Confidence::kStrong);
    EXPECT_EQ(finding->count, 3900U);
    EXPECT_EQ(finding->bytes, 3900U * 1024);
    EXPECT_EQ(finding->title.full,
              "3,900 of 4,000 entries in the map main.states can never be looked up again: nobody has their keys");
  }
}

TEST(DeadKeys, ArePossibleOfWhatMayOnlyBeWalkedOver) {
  for (const KeysOfMap& which : {KeysOfMap{.held = 0}, KeysOfMap{.elem = TypeKind::kBool}}) {
    const view::Report report = report_of_keys(which);
    const view::Finding* const finding = find(report, "dead-keys");
    ASSERT_NE(finding, nullptr);
    EXPECT_EQ(finding->confidence, Confidence::kPossible);
  }
}

TEST(DeadKeys, AreNoneIfTheKeysCanBeFoundOrMadeAgainOrAreFew) {
  for (const KeysOfMap& which :
       {KeysOfMap{.held = 3000}, KeysOfMap{.elements_refer_aside = true}, KeysOfMap{.elements_are_keys = true},
        KeysOfMap{.key = TypeKind::kString}, KeysOfMap{.key = TypeKind::kInterface}, KeysOfMap{.keys = 800}})
    EXPECT_EQ(find(report_of_keys(which), "dead-keys"), nullptr);
}

TEST(DeadKeys, AreProvenToBeSoIfTheyAreNaN) {
  const view::Report report =
      report_of_keys({.elem = TypeKind::kPointer, .key = TypeKind::kInterface, .nan_keys = 3000});
  const view::Finding* const finding = find(report, "dead-keys");
  ASSERT_NE(finding, nullptr);
  EXPECT_EQ(finding->confidence, Confidence::kProven);
  EXPECT_EQ(finding->count, 3000U);
  EXPECT_GT(finding->bytes, 3000U * 1024) << "three quarters of what the map keeps";
  EXPECT_EQ(finding->title.full,
            "3,000 of 4,000 entries in the map main.states can never be looked up or deleted: their keys are NaN");
  EXPECT_EQ(find(report_of_keys({.key = TypeKind::kInterface, .nan_keys = 999}), "dead-keys"), nullptr);
}

}  // namespace
}  // namespace holdfast::detect
