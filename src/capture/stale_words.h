// Fills Snapshot::stale_words: pointers into free slots that the pass over the edges has met, and numbers that are
// addresses of memory that was freed. It reads the words of type uintptr in objects with pointers, which every look has
// copied; memory without pointers is not read. One pass over the types of all objects, on all processors.
#pragma once

#include "base/memory_source.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Types, goroutines and mappings must be in the snapshot already. The result does not depend on the number of threads.
void add_stale_words(const MemorySource& memory, const heap::ObjectIndex& index, heap::Snapshot& snapshot);

}  // namespace holdfast::capture
