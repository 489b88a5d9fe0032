// Makes objects of spans: the span table, the allocation bits and the marks of a Snapshot.
#pragma once

#include "base/loss.h"
#include "go/heap_model.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Slots that are objects and not yet in the runtime's count of their span, or the reverse.
struct UncountedSlots {
  std::uint64_t slots = 0;
  std::uint64_t bytes = 0;

  void add(std::uint64_t more, std::uint64_t slot_size) {
    slots += more;
    bytes += more * slot_size;
  }
};

// Fills spans, allocated, pointerful, objects, marked, fresh, and the audit's allocCount figures, of which those that
// lag because a thread was stopped at that very moment are returned instead (go/in_flight.h). Slots of which a thread
// was about to make an object (go/unready_slots.h) are none. Row i of snapshot.spans is heap.in_use()[i].
UncountedSlots add_objects(const go::Runtime& runtime, const go::HeapModel& heap, heap::Snapshot& snapshot,
                           LossLedger& losses);

}  // namespace holdfast::capture
