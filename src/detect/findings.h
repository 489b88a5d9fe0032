// Finds what in a heap is likely to be wrong: asks the detectors (detect/detector.h), weighs what they suspect
// (detect/weigh.h) and says which of it others have met before (detect/known_leaks.h).
#pragma once

#include <vector>

#include "view/detector_facts.h"
#include "view/report.h"

namespace holdfast::detect {

// Fills report.findings, and says of holders which finding explains them. `report` must have its account, its holders
// and all rows of goroutines and types. One thread; throws when cancelled.
void add_findings(const view::Groundwork& groundwork, view::Report& report);

// Returns what all detectors say of themselves, by family, then by id.
std::vector<view::DetectorFacts> detector_facts();

}  // namespace holdfast::detect
