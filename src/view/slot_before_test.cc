#include "view/slot_before.h"

#include <gmock/gmock.h>

#include "graph/reachability.h"
#include "heap/heap_builder_for_tests.h"
#include "heap/object_index.h"

namespace holdfast::view {
namespace {

using heap::KnownBy;
using heap::RootKind;
using heap::testing::HeapBuilder;

TEST(SlotBefore, SaysWhatLayThere) {
  HeapBuilder heap;
  const TypeId type = heap.structure("main.T", 64, {});
  const HeapBuilder::Handle held = heap.object(64, type);
  heap.free_slot(true, 64);
  const HeapBuilder::Handle garbage = heap.object(64, type);
  const HeapBuilder::Handle unknown = heap.object(64);
  heap.refer(heap.root(RootKind::kGlobal, "main.held"), held);
  const ObjectId ids[] = {heap.id(held), heap.id(garbage), heap.id(unknown)};
  heap::Snapshot snapshot = heap.build();
  const heap::ObjectIndex index(snapshot);
  Address at[3];
  for (int i = 0; i < 3; ++i) at[i] = index.address_of(ids[i]);
  graph::Reachability reached = graph::reach(snapshot);
  const EarlierLook look = keep_earlier_look({}, snapshot, std::move(reached.bits));

  const SlotBefore first = slot_before(look, at[0] + 63);
  EXPECT_EQ(first.what, SlotThen::kObject);
  EXPECT_EQ(first.begin, at[0]);
  EXPECT_EQ(first.bytes, 64u);
  EXPECT_EQ(first.type, "main.T");
  EXPECT_TRUE(first.live);
  EXPECT_EQ(slot_before(look, at[0] + 64).what, SlotThen::kFree);
  const SlotBefore second = slot_before(look, at[1]);
  EXPECT_EQ(second.what, SlotThen::kObject);
  EXPECT_EQ(second.type, "main.T");
  EXPECT_FALSE(second.live);
  EXPECT_EQ(slot_before(look, at[2]).type, "");
  EXPECT_EQ(slot_before(look, at[2] + 64).what, SlotThen::kFree);  // behind the last one
  EXPECT_EQ(slot_before(look, Address(0x1000)).what, SlotThen::kNoSpan);
  EXPECT_EQ(slot_before(look, Address(~std::uint64_t{0})).what, SlotThen::kNoSpan);
}

}  // namespace
}  // namespace holdfast::view
