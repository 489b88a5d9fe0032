// Where the memory of a holder was allocated, as far as the runtime's memory profile took samples of it. One thread
// each.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "view/holder_search.h"
#include "view/report.h"

namespace holdfast::view {

// Tells which of the found things holds an object: the innermost, if several do. It remembers its way, so one thread at
// a time may ask.
class HolderOf {
 public:
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

  // All must outlive this.
  HolderOf(const heap::Snapshot& snapshot, const graph::Dominators& dominators, std::span<const Found> found);

  // Returns a row of `found`, or kNobody. Takes about as many steps as there are dominators that were not seen before.
  std::uint32_t of(ObjectId object);

 private:
  // A node of the tree that the levels of all found things form.
  struct LevelNode {
    Sort sort = 0;
    graph::NodeId alone;  // the one node that the level began with; none if it began with all of the sort
    std::uint32_t found = kNobody;
    std::vector<std::uint32_t> below;
  };
  struct State {
    std::uint32_t level = 0;  // a row of level_nodes_, or kOutside
    std::uint32_t found = kNobody;
  };

  void add(const Found& found, std::uint32_t row);
  State step(State above, graph::NodeId node) const;

  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  std::vector<LevelNode> level_nodes_ = std::vector<LevelNode>(1);  // the first stands for the super root
  std::unordered_map<std::uint64_t, State> known_;  // of some nodes on the ways that were climbed so far
  std::vector<graph::NodeId> way_;
};

// Says for each of `found` where most of the sampled objects that it holds were allocated; nothing if there is no
// sample. If there are very many samples, it looks at evenly spaced ones.
std::vector<std::optional<AllocationSite>> allocation_sites(const Names& names, const graph::Dominators& dominators,
                                                            std::span<const Found> found);

}  // namespace holdfast::view
