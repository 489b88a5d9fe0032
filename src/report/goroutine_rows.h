// Goroutines by where they stand and what they hold.
#pragma once

#include <string>
#include <vector>

#include "graph/dominators.h"
#include "report/names.h"
#include "report/report.h"

namespace holdfast::report {

// A row per state, wait reason, creator and stack of goroutines that are alive; by retained bytes, then count.
std::vector<GoroutineRow> goroutine_rows(const Names& names, const graph::Dominators& dominators);

}  // namespace holdfast::report
