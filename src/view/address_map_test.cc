#include "view/address_map.h"

#include <gmock/gmock.h>

#include <numeric>

#include "base/architecture.h"
#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;

// Objects of three sizes, of which a variable holds every third; some slots are free.
heap::Snapshot scattered() {
  HeapBuilder heap;
  const RootId held = heap.root(RootKind::kGlobal, "main.held");
  for (int i = 0; i < 3000; ++i) {
    const std::uint64_t size = i % 2 == 0 ? 64 : 1024;
    if (i % 7 == 0)
      heap.free_slot(true, size);
    else if (const auto object = heap.object(size); i % 3 == 0)
      heap.refer(held, object);
  }
  for (int i = 0; i < 3; ++i) heap.refer(held, heap.leaf(5 * kGoPage));
  return heap.build();
}

std::uint64_t sum(const std::vector<std::uint64_t>& column) {
  return std::accumulate(column.begin(), column.end(), std::uint64_t{0});
}

// Every byte of every span is in one cell, and in one of its three parts.
void expect_whole(const AddressMap& map, const heap::Snapshot& snapshot) {
  std::uint64_t bytes = 0;
  for (const heap::Span& span : snapshot.spans) bytes += span.bytes();
  EXPECT_EQ(map.live_bytes + map.garbage_bytes + map.free_bytes, bytes);
  EXPECT_EQ(map.span_count, snapshot.spans.size());
  EXPECT_EQ(sum(map.live), map.live_bytes);
  EXPECT_EQ(sum(map.garbage), map.garbage_bytes);
  EXPECT_EQ(sum(map.free), map.free_bytes);
  EXPECT_EQ(std::accumulate(map.spans.begin(), map.spans.end(), 0u), snapshot.spans.size());
  for (std::size_t row = 0; row < map.cell.size(); ++row) {
    EXPECT_LE(map.live[row] + map.garbage[row] + map.free[row], map.cell_bytes);
    if (row > 0) {
      EXPECT_LT(map.cell[row - 1], map.cell[row]);
    }
    EXPECT_LT(map.cell[row], map.range.size() / map.cell_bytes);
  }
}

TEST(AddressMap, EachByteIsInOneCell) {
  const heap::Snapshot snapshot = scattered();
  const graph::Reachability reached = graph::reach(snapshot);
  std::uint64_t live = 0;
  for (const heap::Span& span : snapshot.spans)
    for (std::uint32_t i = 0; i < span.objects; ++i)
      if (reached.contains(ObjectId(span.first_object + i))) live += span.slot_size;
  for (const std::size_t most : {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{100'000}}) {
    const AddressMap map = address_map(snapshot, reached, {}, most);
    EXPECT_EQ(map.live_bytes, live);
    EXPECT_LE(map.range.size() / map.cell_bytes, most);
    EXPECT_GE(map.cell_bytes, kGoPage);
    expect_whole(map, snapshot);
  }
}

TEST(AddressMap, PartHasTheSpansThatBeginInIt) {
  const heap::Snapshot snapshot = scattered();
  const graph::Reachability reached = graph::reach(snapshot);
  ASSERT_GE(snapshot.spans.size(), 5u);
  const AddressRange part = {snapshot.spans[1].base, snapshot.spans[4].base};
  const AddressMap map = address_map(snapshot, reached, part, 1000);
  EXPECT_EQ(map.span_count, 3u);
  EXPECT_LE(map.range.begin, part.begin);
  EXPECT_EQ(map.cell_bytes, kGoPage);
}

TEST(AddressMap, NothingThere) {
  const heap::Snapshot snapshot = scattered();
  const graph::Reachability reached = graph::reach(snapshot);
  const AddressMap map = address_map(snapshot, reached, {Address(0x1000), Address(0x2000)}, 1000);
  EXPECT_TRUE(map.cell.empty());
  EXPECT_EQ(map.span_count, 0u);
}

TEST(AddressMap, AbsentPagesCountWhereTheyAre) {
  heap::Snapshot snapshot = scattered();
  const graph::Reachability reached = graph::reach(snapshot);
  const Address at = snapshot.spans.back().base;
  snapshot.absent = {{at, at + 4096}};
  snapshot.account.known = true;
  const AddressMap map = address_map(snapshot, reached, {}, 1 << 20);
  EXPECT_TRUE(map.residency_known);
  EXPECT_EQ(map.absent_bytes, 4096u);
  EXPECT_EQ(sum(map.absent), 4096u);
}

}  // namespace
}  // namespace holdfast::view
