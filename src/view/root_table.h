// The table of the root forest: what holds memory from outside the heap. Sizes are in bytes. The table refers to the
// snapshot, which must outlive it. Any thread may make one; nothing throws.
#pragma once

#include <vector>

#include "graph/dominators.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

TableShape root_shape();
// Keeps references to both.
Table root_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators);

}  // namespace holdfast::view
