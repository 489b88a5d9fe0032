// Finds what in a heap is likely to be wrong: asks the detectors (detect/detector.h) and ranks what they say.
#pragma once

#include <vector>

#include "view/report.h"

namespace holdfast::detect {

// Returns findings by bytes, the largest first. `report` must have its account, its holders and all rows of goroutines
// and types. One thread; throws when cancelled.
std::vector<view::Finding> find_findings(const view::Groundwork& groundwork, const view::Report& report);

}  // namespace holdfast::detect
