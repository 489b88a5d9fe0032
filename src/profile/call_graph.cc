#include "profile/call_graph.h"

#include <algorithm>
#include <unordered_map>

#include "base/hash.h"
#include "profile/bounded_sum.h"

namespace holdfast::profile {
namespace {

struct Edge {
  std::int64_t value = 0;
  std::uint64_t seen_in = 0;  // the number of the last sample that went there
};
struct HashPair {
  std::size_t operator()(std::uint64_t pair) const { return mixed(1, pair); }
};
using Edges = std::unordered_map<std::uint64_t, Edge, HashPair>;

// The same walk for each sample: from the outermost call to the leaf.
void add_edges(const Sample& sample, const SitesOfLocations& sites, std::int64_t value, std::uint64_t number,
               Edges& edges) {
  constexpr std::uint64_t kNone = ~std::uint64_t{0};
  std::uint64_t caller = kNone;
  for (std::size_t l = sample.locations.size(); l-- > 0;) {
    const std::span<const std::uint32_t> calls = sites.of(sample.locations[l]);
    for (std::size_t i = calls.size(); i-- > 0;) {
      const std::uint64_t callee = calls[i];
      if (caller != kNone && caller != callee) {
        Edge& edge = edges[caller << 32 | callee];
        if (edge.seen_in != number) {
          edge.seen_in = number;
          edge.value = bounded_sum(edge.value, value);
        }
      }
      caller = callee;
    }
  }
}

bool is_larger(const CallEdge& a, const CallEdge& b) {
  const auto size = [](std::int64_t value) {
    return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  };
  if (size(a.value) != size(b.value)) return size(a.value) > size(b.value);
  return std::pair(a.caller, a.callee) < std::pair(b.caller, b.callee);
}

}  // namespace

CallGraph call_graph(std::span<const FilteredProfile> profiles, By by, std::size_t type) {
  CallGraph graph{.sums = sum_up(profiles, by), .edges = {}, .callers_of = {}, .callees_of = {}};
  SiteIndex index(by);  // the same rows as in the sums: both meet the same calls in the same order
  Edges edges;
  std::uint64_t number = 0;
  for (const FilteredProfile& profile : profiles) {
    const SitesOfLocations sites = index.add(profile);
    profile.for_each_sample([&](const Sample& sample) {
      if (sample.values[type] != 0) add_edges(sample, sites, sample.values[type], ++number, edges);
    });
  }
  for (const auto& [pair, edge] : edges)
    graph.edges.push_back({static_cast<std::uint32_t>(pair >> 32), static_cast<std::uint32_t>(pair), edge.value});
  std::ranges::sort(graph.edges, is_larger);
  graph.callers_of.resize(graph.sums.sites().size());
  graph.callees_of.resize(graph.sums.sites().size());
  for (std::uint32_t row = 0; row < graph.edges.size(); ++row) {
    graph.callers_of[graph.edges[row].callee].push_back(row);
    graph.callees_of[graph.edges[row].caller].push_back(row);
  }
  return graph;
}

}  // namespace holdfast::profile
