// Fills Snapshot::lock_holders: what machine code says of who has the locks in package variables that goroutines wait
// for. Nothing is read where nobody waits for such a lock; else one pass over all code, and one over all frames.
#pragma once

#include "go/function_tables.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Goroutines, their frames and the locks that they wait for must be in the snapshot already.
void add_lock_holders(const go::FunctionTables& functions, heap::Snapshot& snapshot);

}  // namespace holdfast::capture
