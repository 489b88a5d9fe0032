// What in a heap is likely to be wrong, each said with what shows it. Only what the graph and the runtime's own records
// prove or show is said here: what the program means by it is not guessed.
#pragma once

#include <vector>

#include "graph/dominators.h"
#include "report/names.h"
#include "report/report.h"

namespace holdfast::report {

// By bytes. `report` has its account, holders and all rows of goroutines.
std::vector<Finding> find_findings(const Names& names, const graph::Dominators& dominators, const Report& report);

}  // namespace holdfast::report
