// Fills Snapshot::large_headers, the slices and strings in objects and package variables that refer to large objects,
// and Snapshot::element_pointers, the plain pointers to single elements of such. One pass over all edges, on all
// processors: it looks at the words only of those that lead to a large object.
#pragma once

#include "base/memory_source.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Edges, roots and types must be in the snapshot already, and `memory` must have what pointers lie in: of objects
// without pointers nothing is read.
void add_large_headers(const MemorySource& memory, const heap::ObjectIndex& index, heap::Snapshot& snapshot);

}  // namespace holdfast::capture
