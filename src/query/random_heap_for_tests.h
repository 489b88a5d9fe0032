// For tests: a seeded random heap with everything that a table has a column for.
#pragma once

#include <fmt/format.h>

#include <random>
#include <string>
#include <vector>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::query::testing {

inline heap::Snapshot random_heap(std::uint64_t seed) {
  using heap::testing::HeapBuilder;
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint64_t n) { return random() % n; };
  HeapBuilder heap;
  // Two types of one name, a map with its parts, and plain ones.
  std::vector<TypeId> types = {TypeId()};
  for (const char* const name : {"main.item", "main.item", "main.user", "example.com/app.cart", "[]uint8"})
    types.push_back(heap.structure(name, 16, {{"next", {}, 0}, {"data", {}, 8}}));
  const TypeId map = heap.type("map[string]*main.user", heap::TypeKind::kMap, 8);
  types.push_back(heap.type_of_role(heap::TypeRole::kMapHeader, 48, map));
  types.push_back(heap.type_of_role(heap::TypeRole::kMapGroup, 64, map));
  const auto type = [&] { return types[below(types.size())]; };
  const auto known_by = [&] { return below(6) == 0 ? heap::KnownBy::kPart : heap::KnownBy::kHeader; };

  std::vector<HeapBuilder::Handle> pointerful, all;
  for (std::uint64_t n = below(60); n > 0; --n) {
    pointerful.push_back(heap.object(16 * (1 + below(3)), type(), known_by()));
    if (below(5) == 0) heap.free_slot(true, 16 * (1 + below(3)));
  }
  all = pointerful;
  for (std::uint64_t n = below(40); n > 0; --n) {
    all.push_back(heap.leaf(8 * (1 + below(4)), type(), known_by()));
    if (below(5) == 0) heap.free_slot(false, 8 * (1 + below(4)));
  }
  for (const auto object : all) {
    if (below(2) == 0) heap.mark(object);
    if (below(4) == 0) heap.mark_fresh(object);
    if (below(6) == 0) heap.sample(object, {"runtime.mallocgc", below(2) == 0 ? "main.make" : "main.grow"});
  }
  for (const auto from : pointerful)
    for (std::uint64_t word = 0, words = below(4) == 0 ? 0 : 1 + below(2); word < words; ++word)
      heap.edge(from, 8 * word, all[below(all.size())]);
  std::vector<RootId> goroutine_roots;
  for (std::uint64_t n = below(12); n > 0; --n) {
    const bool is_goroutine = below(3) == 0;
    const RootId root = is_goroutine ? heap.root(heap::RootKind::kGoroutine, "")
                                     : heap.root(heap::RootKind::kGlobal, fmt::format("main.v{}", n), {}, type());
    if (is_goroutine) {
      goroutine_roots.push_back(root);
      const RootId frame = heap.root(heap::RootKind::kFrame, "main.serve", root);
      for (std::uint64_t k = below(3); k > 0 && !all.empty(); --k) heap.refer(frame, all[below(all.size())]);
    } else {
      heap.snapshot().roots[root.row].where = Address(0x500000 + 8 * below(64));
      for (std::uint64_t k = below(3); k > 0 && !all.empty(); --k)
        heap.refer(root, all[below(all.size())], static_cast<std::uint32_t>(8 * k));
    }
  }
  std::uint64_t goid = 1;
  for (const RootId root : goroutine_roots) {
    const bool waits = below(2) == 0;
    const GoroutineId id = heap.goroutine(
        goid += 1 + below(3), waits ? heap::GoroutineState::kWaiting : heap::GoroutineState::kRunning,
        waits ? WaitReason::kChanReceive : WaitReason::kZero, root, {"runtime.gopark", "main.serve", "main.main"});
    heap.snapshot().goroutines[id.row].g = Address(0xc000100000 + 0x200 * id.row);
  }
  if (below(2) == 0) heap.goroutine(goid + 9, heap::GoroutineState::kDead, WaitReason::kZero, {});
  heap.snapshot().losses.push_back(make_loss(LossKind::kUnreadablePage, 3, Address(0xc000002000)));
  heap::Snapshot snapshot = heap.build();
  for (std::uint32_t row = 0; row < snapshot.pointerful; ++row) {
    const ObjectId id(row);
    if (below(5) == 0) snapshot.large_headers.push_back({id, {}, id, TypeId(0), 8 * below(4), below(9), below(9), 9});
    if (below(9) == 0) snapshot.timers.push_back({.object = id, .due_in_ns = static_cast<std::int64_t>(row) - 5});
  }
  for (std::uint32_t row = 0; row < snapshot.pointerful; ++row)
    if (below(6) == 0)
      snapshot.awaited_locks.push_back({.semaphore = Address(0xc000000004 + 16 * row),
                                        .at = Address(0xc000000000 + 16 * row),
                                        .object = ObjectId(row),
                                        .kind = heap::LockKind::kRwMutex,
                                        .known = below(4) > 0,
                                        .locked = below(2) > 0,
                                        .readers = static_cast<std::uint32_t>(below(5))});
  for (std::uint32_t row = 0; row < snapshot.pointerful; ++row)
    if (below(5) == 0)
      snapshot.map_fills.push_back({ObjectId(row), below(64), 64 + below(64), 8 * below(512),
                                    static_cast<heap::DeleteTraces>(below(3)), below(9)});
  for (std::uint32_t row = 0; row < snapshot.pointerful; ++row)
    if (below(7) == 0) snapshot.closed_files.push_back({ObjectId(row)});
  for (heap::Span& span : snapshot.spans) span.has_marks = below(4) != 0;
  return snapshot;
}

}  // namespace holdfast::query::testing
