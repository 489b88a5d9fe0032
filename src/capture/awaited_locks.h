// Fills Snapshot::awaited_locks: what the locks and wait groups say that goroutines wait for. Which lock a semaphore
// belongs to, and which of its words it is, the functions on the stack tell.
#pragma once

#include "go/runtime.h"
#include "go/symbols.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Goroutines and their frames must be in the snapshot already.
void add_awaited_locks(const go::Runtime& runtime, const go::Symbols& symbols, const heap::ObjectIndex& index,
                       heap::Snapshot& snapshot);

}  // namespace holdfast::capture
