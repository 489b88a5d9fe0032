#include "graph/in_edges.h"

#include <algorithm>

#include "base/parallel.h"

namespace holdfast::graph {
namespace {

constexpr unsigned kParts = 16;
constexpr std::uint64_t kBlock = 4096;  // edges that are tested together

// The wanted objects, a bit each, and their range, which rules out most blocks of edges without a look at the bits.
struct Wanted {
  HugeArray<std::uint64_t> bits;
  std::uint32_t lowest = Vertices::kNone;
  std::uint32_t highest = 0;
};

Wanted collect(const heap::Snapshot& snapshot, std::span<const ObjectId> objects) {
  Wanted wanted{.bits = HugeArray<std::uint64_t>((std::uint64_t{snapshot.objects} + 63) / 64)};
  for (const ObjectId object : objects) {
    heap::set_bit(wanted.bits, object.row);
    wanted.lowest = std::min(wanted.lowest, object.row);
    wanted.highest = std::max(wanted.highest, object.row);
  }
  return wanted;
}

// Returns the edges of [begin, end) whose target is wanted, ascending.
std::vector<std::uint32_t> matches(const heap::Edges& edges, const Wanted& wanted, std::uint64_t begin,
                                   std::uint64_t end) {
  std::vector<std::uint32_t> found;
  const std::uint32_t width = wanted.highest - wanted.lowest;
  for (std::uint64_t block = begin; block < end; block += kBlock) {
    const std::uint64_t block_end = std::min(end, block + kBlock);
    std::uint32_t hits = 0;  // counted without a branch, so that the compiler can compare many at once
    for (std::uint64_t e = block; e < block_end; ++e) hits += edges.target[e] - wanted.lowest <= width ? 1 : 0;
    if (hits == 0) continue;
    for (std::uint64_t e = block; e < block_end; ++e)
      if (edges.target[e] - wanted.lowest <= width && heap::test_bit(wanted.bits, edges.target[e]))
        found.push_back(static_cast<std::uint32_t>(e));
  }
  return found;
}

}  // namespace

std::vector<InEdge> in_edges(const heap::Snapshot& snapshot, std::span<const ObjectId> objects) {
  std::vector<InEdge> result;
  if (objects.empty()) return result;
  const Wanted wanted = collect(snapshot, objects);
  for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r) {
    const heap::Root& root = snapshot.roots[r];
    for (std::uint32_t i = root.first_target; i < root.first_target + root.target_count; ++i) {
      const ObjectId object = snapshot.root_targets[i].object;
      if (heap::test_bit(wanted.bits, object.row)) result.push_back({object, RootId(r), i});
    }
  }

  const heap::Edges& edges = snapshot.edges;
  std::vector<std::vector<std::uint32_t>> parts(kParts);
  for_each_part(edges.count(), kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    parts[part] = matches(edges, wanted, begin, end);
  });
  for (const std::vector<std::uint32_t>& part : parts) {
    for (const std::uint32_t edge : part) {
      const auto row = std::upper_bound(edges.row_begin.begin(), edges.row_begin.end(), edge) - 1;
      const ObjectId source(static_cast<std::uint32_t>(row - edges.row_begin.begin()));
      result.push_back({ObjectId(edges.target[edge]), source, edge});
    }
  }
  std::stable_sort(result.begin(), result.end(), [](const InEdge& a, const InEdge& b) { return a.target < b.target; });
  return result;
}

}  // namespace holdfast::graph
