// Where the memory of a holder was allocated, as far as the runtime's memory profile took samples of it. One thread
// each.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "view/holder_search.h"
#include "view/report.h"

namespace holdfast::view {

// Says for each of `found` where most of the sampled objects that it holds were allocated; nothing if there is no
// sample. If there are very many samples, it looks at evenly spaced ones.
std::vector<std::optional<AllocationSite>> allocation_sites(const Names& names, const graph::Dominators& dominators,
                                                            const Owners& owners, std::span<const Found> found);

}  // namespace holdfast::view
