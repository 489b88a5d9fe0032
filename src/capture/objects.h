// From spans to objects: the span table, the allocation bits and the marks of a Snapshot.
#pragma once

#include "base/loss.h"
#include "go/heap_model.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Fills spans, allocated, pointerful, objects, marked, fresh, and the audit's allocCount figures. Row i of
// snapshot.spans is heap.in_use()[i].
void add_objects(const go::HeapModel& heap, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
