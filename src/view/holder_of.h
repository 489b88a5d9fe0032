// Tells which of the things that the search for holders found has an object. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "view/holder_search.h"
#include "view/owners.h"

namespace holdfast::view {

// Tells which of the found things holds an object: the innermost, if several do. It remembers its way, so one thread at
// a time may ask.
class HolderOf {
 public:
  static constexpr std::uint32_t kNobody = ~std::uint32_t{0};

  // All must outlive this.
  HolderOf(const Names& names, const graph::Dominators& dominators, const Owners& owners, std::span<const Found> found);

  // Returns a row of `found`, or kNobody. Takes about as many steps as there are dominators that were not seen before.
  std::uint32_t of(ObjectId object);

 private:
  // A node of the tree that the levels of all found things form.
  struct LevelNode {
    Sort sort = 0;
    graph::NodeId alone;  // the one node that the level began with; none if it began with all of the sort
    bool starts = false;
    std::uint32_t found = kNobody;
    std::vector<std::uint32_t> below;
  };
  struct State {
    std::uint32_t level = 0;  // a row of level_nodes_, or kOutside
    std::uint32_t found = kNobody;
  };

  void add(const Found& found, std::uint32_t row);
  State enter(State above, Sort sort, graph::NodeId node) const;
  State enter_home(graph::NodeId top) const;

  const Names& names_;
  const graph::Dominators& dominators_;
  const Owners& owners_;
  std::vector<LevelNode> level_nodes_ = std::vector<LevelNode>(1);  // the first has the homes below it
  std::unordered_map<std::uint64_t, State> known_;  // of some nodes on the ways that were climbed so far
  std::vector<graph::NodeId> way_;
};

}  // namespace holdfast::view
