// The table of goroutines: what they wait for and what they hold. Sizes are in bytes, times in ns. The table refers to
// the snapshot, which must outlive it. Any thread may make one; nothing throws.
#pragma once

#include <vector>

#include "graph/dominators.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

struct GoroutineTableOptions {
  bool stacks = false;  // print the stack under each line
  bool group = false;   // one line for goroutines at the same place
};

TableShape goroutine_shape(bool group);
// Has a row for each that has not ended. Keeps a reference to the snapshot.
Table goroutine_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                      const GoroutineTableOptions& options,
                      const heap::OwnerRules& rules = heap::OwnerRules::built_in());

}  // namespace holdfast::view
