// Goroutines, what they wait for and what they hold.
#pragma once

#include <vector>

#include "graph/dominators.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

struct GoroutineTableOptions {
  bool stacks = false;  // print the stack under each line
  bool group = false;   // one line for goroutines with equal stacks
};

TableShape goroutine_shape(bool group);
// Those that have not ended. Keeps a reference to the snapshot.
Table goroutine_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                      const GoroutineTableOptions& options);

// The innermost frame that is not of the runtime or of a package that blocks for others; the innermost if all are.
// Null for a goroutine without frames.
const heap::Frame* top_user_frame(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine);

// "running", "waiting", ...
std::string_view name_of(heap::GoroutineState state);

}  // namespace holdfast::view
