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

Referrers::Referrers(const heap::Snapshot& snapshot, std::uint32_t listed, ObjectId apart) : listed_(listed) {
  if (listed > 0) add_lists(snapshot);
  if (apart && apart.row >= listed) add_one(snapshot, apart);
  add_roots(snapshot);
}

void Referrers::add_lists(const heap::Snapshot& snapshot) {
  begin_ = HugeArray<std::uint32_t>(std::uint64_t{listed_} + 1);
  const HugeArray<std::uint32_t>&row_begin = snapshot.edges.row_begin.values(),
        &target = snapshot.edges.target.values();
  for_each_part(listed_, parts_of_targets(), [&](unsigned, std::uint64_t first, std::uint64_t end) {
    for_each_edge_to(target, first, end, begin_, [&](std::uint64_t e) { ++begin_[target[e]]; });
  });
  // Each list is filled upwards from its begin, so afterwards each begin is that of the next list: they move back.
  std::uint32_t sum = 0;
  for (std::uint32_t& begin : begin_) begin = std::exchange(sum, sum + begin);
  source_ = HugeArray<std::uint32_t>(sum);
  for_each_part(listed_, parts_of_targets(), [&](unsigned, std::uint64_t first, std::uint64_t end) {
    std::uint32_t source = 0;
    for_each_edge_to(target, first, end, begin_, [&](std::uint64_t e) {
      while (row_begin[source + 1] <= e) ++source;
      source_[begin_[target[e]]++] = source;
    });
  });
  std::copy_backward(begin_.begin(), begin_.end() - 1, begin_.end());
  begin_[0] = 0;
}

void Referrers::add_one(const heap::Snapshot& snapshot, ObjectId object) {
  apart_ = object;
  const HugeArray<std::uint32_t>&row_begin = snapshot.edges.row_begin.values(),
        &target = snapshot.edges.target.values();
  const unsigned parts = parts_of_targets();
  std::vector<std::vector<std::uint64_t>> found(parts);  // edges, by part of all
  for_each_part(target.size(), parts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t e = begin; e < end; ++e)
      if (target[e] == object.row) found[part].push_back(e);
  });
  for (const auto& part : found)
    for (const std::uint64_t e : part) {
      // The row that an edge lies in is the last that begins at it or before.
      const auto* const behind = std::upper_bound(row_begin.begin(), row_begin.end(), e);
      source_apart_.push_back(static_cast<std::uint32_t>(behind - row_begin.begin()) - 1);
    }
}

void Referrers::add_roots(const heap::Snapshot& snapshot) {
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
