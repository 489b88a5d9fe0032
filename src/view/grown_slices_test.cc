#include "view/grown_slices.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::uint64_t kEntry = 64, kRoom = 8192;

// main.log with so many entries, of which all have texts; the text of `other` is another one.
heap::Snapshot log_of(std::uint64_t entries, std::uint64_t other = kRoom, std::uint64_t begin = 0) {
  HeapBuilder heap;
  const TypeId type =
      heap.type("[]main.entry", heap::TypeKind::kSlice, 24, heap.type("main.entry", heap::TypeKind::kStruct, kEntry));
  const auto array = heap.object(kEntry * kRoom);
  const RootId variable = heap.root(RootKind::kGlobal, "main.log", {}, type);
  heap.snapshot().roots[variable.row].where = Address(0x500000);
  heap.refer(variable, array);
  std::vector<HeapBuilder::Handle> texts;
  for (std::uint64_t i = 0; i <= kRoom; ++i) texts.push_back(heap.leaf(32));
  for (std::uint64_t i = 0; i < entries; ++i) heap.edge(array, i * kEntry, texts[i == other ? kRoom : i]);
  heap::Snapshot s = heap.build();
  s.large_headers = {{{}, variable, heap.id(array), type, 0, begin, entries * kEntry, kRoom * kEntry - begin}};
  return s;
}

TEST(GrownSlices, TellsThatWhatWasThereIsStillThere) {
  const std::vector<GrownSlice> grown = grown_slices(kept_slices(log_of(5000)), log_of(7000));
  ASSERT_THAT(grown, SizeIs(1));
  EXPECT_EQ(grown[0].at, Address(0x500000));
  EXPECT_EQ(grown[0].length_before, 5000 * kEntry);
  EXPECT_EQ(grown[0].pointers_before, 5000U);
  EXPECT_TRUE(grown[0].same_pointers);
}

TEST(GrownSlices, TellsThatAnElementHasChanged) {
  const std::vector<KeptSlice> before = kept_slices(log_of(5000));
  EXPECT_FALSE(grown_slices(before, log_of(7000, 4999)).at(0).same_pointers);
  EXPECT_TRUE(grown_slices(before, log_of(7000, 5000)).at(0).same_pointers);
}

TEST(GrownSlices, LeavesOutWhatIsNotLongerOrSmallOrCut) {
  EXPECT_THAT(grown_slices(kept_slices(log_of(5000)), log_of(5000)), IsEmpty());
  EXPECT_THAT(kept_slices(log_of(4000)), IsEmpty());
  EXPECT_THAT(kept_slices(log_of(5000, kRoom, kEntry)), IsEmpty());
}

}  // namespace
}  // namespace holdfast::view
