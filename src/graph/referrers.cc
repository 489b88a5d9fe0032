#include "graph/referrers.h"

#include <algorithm>
#include <utility>

#include "base/parallel.h"

namespace holdfast::graph {
namespace {

constexpr std::uint64_t kFarAhead = 24;  // edges between the prefetch of a cell and its use

unsigned parts_of_targets() {
  return std::min(worker_count(), 4U);
}

// Calls visit(edge) for each edge whose target lies in [first, end), ascending. Each thread looks at all edges and
// takes those of its own range of targets, so that no two write to one cell.
template <typename Visit>
void for_each_edge_to(const HugeArray<std::uint32_t>& target, std::uint64_t first, std::uint64_t end,
                      const HugeArray<std::uint32_t>& cell, const Visit& visit) {
  const std::uint64_t edges = target.size(), range = end - first;
  for (std::uint64_t e = 0; e < edges; ++e) {
    if (e + kFarAhead < edges && target[e + kFarAhead] - first < range)
      __builtin_prefetch(&cell[target[e + kFarAhead]], 1);
    if (target[e] - first < range) visit(e);
  }
}

}  // namespace

Referrers::Referrers(const heap::Snapshot& snapshot)
    : begin_(std::uint64_t{snapshot.objects} + 1), source_(snapshot.edges.count()) {
  const heap::Edges& edges = snapshot.edges;
  for_each_part(snapshot.objects, parts_of_targets(), [&](unsigned, std::uint64_t first, std::uint64_t end) {
    for_each_edge_to(edges.target, first, end, begin_, [&](std::uint64_t e) { ++begin_[edges.target[e]]; });
  });
  // Each list is filled upwards from its begin, so afterwards each begin is that of the next list: they move back.
  std::uint32_t sum = 0;
  for (std::uint32_t& begin : begin_) begin = std::exchange(sum, sum + begin);
  for_each_part(snapshot.objects, parts_of_targets(), [&](unsigned, std::uint64_t first, std::uint64_t end) {
    std::uint32_t source = 0;
    for_each_edge_to(edges.target, first, end, begin_, [&](std::uint64_t e) {
      while (edges.row_begin[source + 1] <= e) ++source;
      source_[begin_[edges.target[e]]++] = source;
    });
  });
  std::copy_backward(begin_.begin(), begin_.end() - 1, begin_.end());
  begin_[0] = 0;

  std::vector<std::pair<ObjectId, RootId>> pointers;
  pointers.reserve(snapshot.root_targets.size());
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
    for (std::uint32_t t = 0; t < snapshot.roots[r].target_count; ++t)
      pointers.emplace_back(snapshot.root_targets[snapshot.roots[r].first_target + t].object, RootId(r));
  std::ranges::sort(pointers);
  for (const auto& [object, root] : pointers) target_.push_back(object), root_.push_back(root);
}

std::span<const RootId> Referrers::roots_of(ObjectId object) const {
  const auto range = std::ranges::equal_range(target_, object);
  return std::span(root_).subspan(static_cast<std::size_t>(range.begin() - target_.begin()), range.size());
}

}  // namespace holdfast::graph
