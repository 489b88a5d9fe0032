// For tests: a small snapshot with one of everything except content: types, edges with a long step, roots, a goroutine
// with a label that waits for a channel, samples, a memory profile, marks, an excuse, absent pages.
#pragma once

#include "heap/heap_builder_for_tests.h"

namespace holdfast::heap::testing {

// Objects by number: two main.Node with a free slot between them, a large one, and one of 64 bytes.
inline Snapshot one_of_everything() {
  HeapBuilder heap;
  const TypeId text = heap.string_type();
  const TypeId node = heap.structure("main.Node", 24, {{"name", text, 0}, {"next", {}, 16}});
  const auto a = heap.object(24, node);
  heap.free_slot(true, 24);
  const auto b = heap.object(24, node, KnownBy::kPropagated);
  const auto large = heap.object(1 << 20);
  const auto bytes = heap.leaf(64);
  heap.edge(a, 0, bytes).edge(a, 16, b).edge(b, 16, a).edge(large, 0, a).edge(large, 80000, b).mark(a).mark_fresh(b);
  const RootId group = heap.group(WaitReason::kChanSend, "main.send", "/src/main.go", 17);
  const RootId goroutine = heap.root(RootKind::kGoroutine, Label(), group);
  heap.refer(goroutine, large, 16);
  heap.goroutine(1, GoroutineState::kWaiting, WaitReason::kChanSend, goroutine, {"main.send", "main.main"});
  heap.snapshot().goroutine_labels.push_back(
      {GoroutineId(0), heap.snapshot().strings.add("tenant"), heap.snapshot().strings.add("acme")});
  heap.snapshot().channels.push_back({heap.id(bytes), 3, 4, true});
  heap.snapshot().channel_waits.push_back({GoroutineId(0), ChannelId(0), true});
  heap.refer(heap.root(RootKind::kGlobal, "main.head", {}, node), a);
  heap.sample(a, {"main.add"}).sample(b, {"main.add", "main.main"});
  heap.snapshot().audit.excuses.push_back({heap.id(a), MarkCause::kResurrection});
  heap.snapshot().profile = {true, 512 << 10, false, 3, 300, {}, {}};
  heap.snapshot().profile.records = {{AllocationStackId(1), 24, 7, 2}, {AllocationStackId(0), 24, 1, 0}};
  heap.snapshot().profile.mappings = {{{Address(0x400000), Address(0x500000)}, 0, "/usr/bin/checkout", "abcdef"}};
  heap.snapshot().absent = {{Address(4096), Address(8192)}, {Address(12288), Address(16384)}};
  return heap.build();
}

// Adds the bytes of two ranges, and what two words name.
inline void add_content(Snapshot& snapshot) {
  snapshot.content.ranges = {{Address(16), Address(24)}, {Address(24), Address(32)}};
  snapshot.content.bytes = HugeArray<std::uint8_t>(16);
  snapshot.content.bytes[7] = 9;
  snapshot.named_words = {{Address(0x500000), TypeId(0), true, {}}, {Address(0x500010), {}, false, StringId(0)}};
}

}  // namespace holdfast::heap::testing
