// Slots that a thread has taken from a span and not made an object of yet. Their words are still those of the object
// that lay there before, and so may be the bits that tell which of them are pointers: what these point to may be dead
// or free. Nobody but the thread knows such a slot, and the collector's own conservative scan takes it for free.
// A slot is one only if all of this holds, so that there is one at most for each thread (Go 1.20-1.27,
// src/runtime/malloc.go: nextFreeFast, mallocgcSmall...; reference 2.5):
//   - its thread says that it allocates (m.mallocing), and the thread's P has the span in hand;
//   - it is the last slot below freeindex, and freeIndexForScan, which moves as the object is made, has not passed it;
//   - while the collector marks, when freeIndexForScan may rest: the slot is not marked, as new objects are.
#pragma once

#include <cstdint>
#include <vector>

#include "go/heap_model.h"

namespace holdfast::go {

struct UnreadySlot {
  std::uint32_t row = 0;  // of heap.in_use()
  std::uint32_t slot = 0;

  bool operator==(const UnreadySlot&) const = default;
};

// Sorted by row. Records that cannot be read add none.
std::vector<UnreadySlot> find_unready_slots(const Runtime& runtime, const HeapModel& heap);

}  // namespace holdfast::go
