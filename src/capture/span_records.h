// Fills Snapshot::span_records: how the runtime keeps each span, by its record and by the caches of all processors
// (runtime.mspan, runtime.mcache, Go 1.19-1.27; reference 2.7, 9.2). A cache that cannot be read owns no span.
#pragma once

#include <span>

#include "go/heap_model.h"
#include "go/processors.h"
#include "go/runtime.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// The spans must be in the snapshot already, in the order of the model.
void add_span_records(const go::Runtime& runtime, const go::HeapModel& heap, std::span<const go::Processor> processors,
                      heap::Snapshot& snapshot);

}  // namespace holdfast::capture
