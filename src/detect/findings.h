// What in a heap is likely to be wrong, each said with what shows it. Only what the graph and the runtime's own records
// prove or show is said here: what the program means by it is not guessed.
#pragma once

#include <vector>

#include "graph/dominators.h"
#include "view/names.h"
#include "view/report.h"

namespace holdfast::detect {

// By bytes. `report` has its account, holders and all rows of goroutines.
std::vector<view::Finding> find_findings(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                         const view::Report& report);

}  // namespace holdfast::detect
