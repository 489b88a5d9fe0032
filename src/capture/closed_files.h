// Fills Snapshot::closed_files: connections, listeners and files that say of themselves that they were closed. One pass
// over the types of all objects with pointers, on all processors.
#pragma once

#include "base/memory_source.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Types must be in the snapshot already. Garbage has rows, too.
void add_closed_files(const MemorySource& memory, const heap::ObjectIndex& index, heap::Snapshot& snapshot);

}  // namespace holdfast::capture
