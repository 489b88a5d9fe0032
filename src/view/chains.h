// Chains: ways of pointers as people read them. Nodes of one sort that follow each other are one run: a list of 10,000
// nodes is one step. Several threads may ask; nothing throws.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/dominators.h"
#include "view/holder_search.h"
#include "view/names.h"
#include "view/report.h"

namespace holdfast::view {

constexpr int kNoLevel = -1;

// A sequence of nodes of one sort on the way down.
struct LevelRun {
  Sort sort = 0;
  graph::NodeId first;
  graph::NodeId last;
  bool several = false;  // it lies on a shortest one of several ways; all ways lead through the others
  int level = kNoLevel;  // of Found::levels
};

// The place of the first run of that level; of the last run if none is of it.
std::size_t run_of_level(const std::vector<LevelRun>& runs, std::size_t level);

class Chains {
 public:
  // They must outlive this.
  explicit Chains(const Names& names);

  // A step for each run; of more than forty the middle is left out.
  std::vector<ChainStep> chain_of(const std::vector<LevelRun>& runs) const;
  // The runs of a way that the caller knows: each node refers to the next one, or is its parent in the root forest.
  std::vector<LevelRun> runs_along(std::span<const graph::NodeId> way, const graph::Dominators& dominators) const;
  // See graph/sharing.h.
  graph::WeakEdges weak_edges() const { return weak_.flags(); }

 private:
  ChainStep root_step(RootId root) const;
  ChainStep object_step(const LevelRun& run, const LevelRun* above) const;
  std::vector<heap::OwnerRule> rules_of(const LevelRun& run, RuleId weak) const;

  const Names& names_;
  const heap::Snapshot& snapshot_;
  WeakEdges weak_;
};

}  // namespace holdfast::view
