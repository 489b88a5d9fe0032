#include "view/owner_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using testing::ElementsAre;

// Takes a look at a heap of two variables and what they share.
void look(OwnerWatch& watch, std::uint64_t cache, std::uint64_t index, std::uint64_t both) {
  HeapBuilder heap;
  const auto a = heap.object(16), b = heap.object(16);
  if (cache > 0) heap.edge(a, 0, heap.leaf(cache));
  if (index > 0) heap.edge(b, 0, heap.leaf(index));
  if (both > 0) {
    const auto shared = heap.leaf(both);
    heap.edge(a, 8, shared).edge(b, 8, shared);
  }
  if (cache > 0) heap.refer(heap.root(RootKind::kGlobal, "main.cache"), a);
  heap.refer(heap.root(RootKind::kGlobal, "main.index"), b);
  const heap::Snapshot snapshot = heap.build();
  const graph::Dominators dominators = graph::dominators(snapshot);
  const Groundwork groundwork(snapshot, dominators);
  watch.add(groundwork, graph::reach(snapshot));
}

// "name now +grew -shrank first"
std::vector<std::string> rows_of(const OwnerWatch& watch) {
  const Table table = watch.table();
  const auto number = [&](std::uint32_t row, std::size_t column) {
    const Cell cell = table.cell(row, column);
    const auto* const value = std::get_if<std::uint64_t>(&cell);
    return value == nullptr ? std::string("-") : std::to_string(*value);
  };
  std::vector<std::string> out;
  for (std::uint32_t row = 0; row < table.rows; ++row)
    out.push_back(fmt::format("{} {} +{} -{} {}", std::get<std::string_view>(table.cell(row, 5)), number(row, 0),
                              number(row, 1), number(row, 2), number(row, 3)));
  return out;
}

TEST(OwnerWatch, SaysWhatEachOwnerHasBecome) {
  OwnerWatch watch;
  look(watch, 1024, 64, 0);
  EXPECT_THAT(rows_of(watch), ElementsAre("main.cache 1040 +- -- 1040", "main.index 80 +- -- 80"));
  look(watch, 2048, 64, 32);
  EXPECT_THAT(rows_of(watch), ElementsAre("main.cache 2064 +1024 -- 1040", "main.cache and main.index 32 +32 -- 0",
                                          "main.index 80 +- -- 80"));
  EXPECT_EQ(watch.all().now, 2064U + 80 + 32);
  EXPECT_EQ(watch.all().before, 1040U + 80);
  EXPECT_EQ(watch.all().first, 1040U + 80);
  look(watch, 0, 128, 0);
  EXPECT_THAT(rows_of(watch), ElementsAre("main.cache 0 +- -2064 1040", "main.cache and main.index 0 +- -32 0",
                                          "main.index 144 +64 -- 80"))
      << "what is gone is told once, and what was there at first always";
  look(watch, 0, 128, 0);
  EXPECT_THAT(rows_of(watch), ElementsAre("main.cache 0 +- -- 1040", "main.index 144 +- -- 80"));
  EXPECT_EQ(watch.looks(), 4U);
}

}  // namespace
}  // namespace holdfast::view
