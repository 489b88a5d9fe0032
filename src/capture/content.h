// Bytes of objects and package variables, for snapshots that are to show values.
#pragma once

#include "base/loss.h"
#include "go/runtime.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Fills snapshot.content with the heap's spans and the data of every module, as far as they can be read. This is user
// data: only for who asked for it. Needs the spans.
void add_content(const go::Runtime& runtime, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
