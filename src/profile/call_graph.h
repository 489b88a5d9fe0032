// Which place calls which, with what samples have on the way, as pprof's graphs have it: an edge has each sample once,
// however often its stack goes that way, and no place calls itself.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "profile/sums.h"

namespace holdfast::profile {

struct CallEdge {
  std::uint32_t caller = 0, callee = 0;  // rows of sites
  std::int64_t value = 0;
};

struct CallGraph {
  Sums sums;                    // flat and cumulative of each site
  std::vector<CallEdge> edges;  // the largest first
  // By site: rows of the edges to it and from it, the largest first.
  std::vector<std::vector<std::uint32_t>> callers_of, callees_of;
};

// Reads all samples twice, one thread; otherwise as sum_up. `type`: of the profiles' sample types.
CallGraph call_graph(std::span<const FilteredProfile> profiles, By by, std::size_t type);

}  // namespace holdfast::profile
