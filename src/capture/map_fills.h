// Fills Snapshot::map_fills: how full each large map is, and which keys are NaN, by its header and tables. Maps that
// contradict themselves or the heap are losses. One pass over the types of all objects, on all processors.
#pragma once

#include "base/loss.h"
#include "go/runtime.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Types must be in the snapshot already. Of garbage only what can be believed has a row.
void add_map_fills(const go::Runtime& runtime, const heap::ObjectIndex& index, heap::Snapshot& snapshot,
                   LossLedger& losses);

}  // namespace holdfast::capture
