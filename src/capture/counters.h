// Puts the runtime's own counters beside what the heap shows (reference 8.2 to 8.4).
#pragma once

#include <cstdint>
#include <string>

#include "capture/build.h"
#include "capture/objects.h"
#include "go/goroutines.h"
#include "go/heap_model.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Fills mem_stats, the audit's counters and collections, and, if there is a residency, the account. The snapshot must
// have its spans and allocation bits. Fails with kDamaged if records of the runtime are missing.
void add_counters(const FrozenTarget& target, const go::HeapModel& heap, const go::Scheduler& scheduler,
                  const UncountedSlots& uncounted, heap::Snapshot& snapshot);

// Two sums of one thing. They must match unless the difference can be what threads were in the middle of: `in_flight`
// at most, either way (go/in_flight.h). Where they are equal, nothing was.
heap::Counter compare(std::string name, std::uint64_t theirs, std::uint64_t ours, std::uint64_t in_flight);

}  // namespace holdfast::capture
