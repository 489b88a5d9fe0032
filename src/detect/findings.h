// What in a heap is likely to be wrong: what the detectors (detect/detector.h) say of it, ranked.
#pragma once

#include <vector>

#include "graph/dominators.h"
#include "heap/snapshot.h"
#include "view/report.h"

namespace holdfast::detect {

// By bytes. `report` has its account, holders and all rows of goroutines and types.
std::vector<view::Finding> find_findings(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                         const view::Report& report);

}  // namespace holdfast::detect
