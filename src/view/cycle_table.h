// The table of objects that lead to each other (graph/components.h). Sizes are in bytes. The table refers to the
// snapshot, which must outlive it. One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

struct CycleRow {
  std::uint64_t objects = 0;
  std::uint64_t bytes = 0;     // of the objects themselves
  std::uint64_t retained = 0;  // of what only one of them dominates, at least: that of the outermost one
  std::uint64_t finalizers = 0;
  bool only_by_finalizers = false;
  std::string types;
  Address first;
  ObjectId first_object;  // the same
};
std::vector<CycleRow> cycle_rows(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                 const graph::Reachability& reached);

TableShape cycle_shape();
Table cycle_table(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                  const graph::Reachability& reached);

}  // namespace holdfast::view
