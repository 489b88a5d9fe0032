// Fills Snapshot::large_headers, the slices and strings in objects and package variables that refer to large objects,
// and Snapshot::element_pointers, the plain pointers to
// single elements of such, also those in interfaces. One pass over all edges, on all
// processors: it looks at the words only of those that lead to a large object.
#pragma once

#include <span>

#include "base/memory_source.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Edges, roots and types must be in the snapshot already, and `memory` must have what pointers lie in: of objects
// without pointers nothing is read. `interface_words` says what interfaces hold that begin with these (ascending).
void add_large_headers(const MemorySource& memory, const heap::ObjectIndex& index,
                       std::span<const heap::NamedWord> interface_words, heap::Snapshot& snapshot);

}  // namespace holdfast::capture
