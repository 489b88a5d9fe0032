// The table of the heap's in-use spans. Sizes are in bytes. The table refers to the snapshot, which must outlive it.
// Any thread may make one; nothing throws.
#pragma once

#include <vector>

#include "graph/reachability.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

TableShape span_shape();
// Keeps a reference to the snapshot.
Table span_table(const heap::Snapshot& snapshot, const graph::Reachability& reached);

}  // namespace holdfast::view
