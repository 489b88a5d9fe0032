// The table of objects that lead to each other (graph/components.h). Sizes are in bytes. The table refers to the
// snapshot, which must outlive it. One thread; throws when it is cancelled.
#pragma once

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

TableShape cycle_shape();
Table cycle_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                  const graph::Reachability& reached);

}  // namespace holdfast::view
