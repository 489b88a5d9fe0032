// Goroutines by the place where they stand, and what they hold. Sizes are in bytes.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "graph/dominators.h"
#include "graph/leaked_goroutines.h"
#include "view/groundwork.h"
#include "view/report.h"

namespace holdfast::view {

// One goroutine, or all that stand at one place in one state for one reason.
struct GoroutineGroup {
  const heap::Goroutine* first = nullptr;
  RootId root;  // that holds what they hold together; none if they hold nothing
  std::uint64_t count = 0;
  std::uint64_t retained_bytes = 0;       // of several together: with what only they share
  std::uint64_t stack_bytes = 0;          // of their stacks, which are no heap
  std::uint64_t stack_used = 0;           // of these, from the innermost frame on
  std::uint64_t depth = 0;                // functions on the deepest of the stacks, inlined ones too
  std::uint64_t largest_frame_bytes = 0;  // of the largest frame, 0 = not known
  FrameId largest_frame;
  std::optional<std::uint64_t> waiting_ns;  // the longest of several; a lower bound
  std::vector<std::uint64_t> goids;         // the first few
  std::vector<GoroutineId> members;         // all
};

// Returns those that have not ended, in the order of the snapshot. With `together`, those under one group of the root
// forest are one. Points into the snapshot.
std::vector<GoroutineGroup> goroutine_groups(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                             bool together);

// Returns of each group who is proven to wait for ever. What the runtime itself has found counts only if the snapshot
// does not tell who can act: it takes weak pointers for nothing, and knows less.
std::vector<std::vector<GoroutineId>> leaked_of(const heap::Snapshot& snapshot, std::span<const GoroutineId> leaked,
                                                std::span<const GoroutineGroup> groups);

// Returns the groups as the report has them, ordered by bytes of heap and stacks, then count.
std::vector<GoroutineRow> goroutine_rows(const Groundwork& groundwork);

}  // namespace holdfast::view
