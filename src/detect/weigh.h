// Weighs what detectors suspect: what mending each would free, which of them are about the same bytes, and which
// holders a finding explains.
#pragma once

#include <vector>

#include "detect/detector.h"

namespace holdfast::detect {

// Returns the findings in the order of Report::findings: the exact ones of the `graph::kMostRemovals` largest, by their
// estimates, and the estimates of others. A finding of whose bytes half are freed by a better one is folded into that;
// one whose goroutines wait for those of another comes behind it.
std::vector<view::Finding> weigh(const Evidence& evidence, std::vector<Suspicion> suspicions);

// Marks the holders that a finding explains: it frees what the holder holds, or its place lies on the holder's chain.
void mark_explained(const std::vector<view::Finding>& findings, std::vector<view::Holder>& holders);

}  // namespace holdfast::detect
