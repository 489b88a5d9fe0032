// The way from an owner down to what it holds, and its chain. The dominator tree has the nodes that every way goes
// through; between two of them that do not refer to each other, and above what several owners share, a shortest way
// (view/ways.h) fills the gap. Nodes of one sort that follow each other are one run: a list of 10,000 nodes is one
// step.
//
// One thread. What the search for ways needs is made when the first gap is met: see view/ways.h for its memory. Nothing
// throws but what graph::RootForest does.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "view/chains.h"
#include "view/holder_search.h"
#include "view/labels.h"
#include "view/names.h"
#include "view/owners.h"
#include "view/report.h"
#include "view/ways.h"

namespace holdfast::view {

// What a way that several owners share leads to from one of them.
enum class WayTo : std::uint8_t {
  kTheObject,
  kAnyAlike,  // the nearest object that is shared like it and of its sort
};

class HolderWays {
 public:
  // All must outlive this.
  HolderWays(const Names& names, const graph::Dominators& dominators, const Owners& owners);

  // From the outermost node on.
  std::vector<LevelRun> runs_to(graph::NodeId end, const Home& home, WayTo wanted);
  // From one of the owners that share it to what the run begins with; nullopt if no way was found.
  std::optional<std::vector<LevelRun>> runs_from(std::uint32_t owner, const LevelRun& shared, WayTo wanted);
  const Chains& chains() const { return chains_; }

 private:
  struct WayNode;

  std::vector<WayNode> way_to(graph::NodeId end, const Home& home, WayTo wanted);
  static std::vector<WayNode> along(std::span<const graph::NodeId> way, std::span<const graph::NodeId> nodes);
  std::optional<std::vector<graph::NodeId>> way_from(std::uint32_t owner, ObjectId object, WayTo wanted);
  std::vector<graph::NodeId> way_between(graph::NodeId from, ObjectId to);
  void go_from(graph::NodeId first, std::vector<graph::NodeId>& nodes) const;
  graph::NodeId child_like(ObjectId above, graph::NodeId example) const;
  bool is_like(graph::NodeId node, graph::NodeId example, Sort sort_of_example) const;
  bool is_part(graph::NodeId node) const { return node.object() && names_.parts().is_part(node.object()); }
  Ways& ways();

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const Owners& owners_;
  Chains chains_;
  std::unique_ptr<Ways> ways_;  // made when something is reached in several ways
};

// A variable if there is one: its fields say most.
std::uint32_t first_of(const Owners& owners, const Home& home);

}  // namespace holdfast::view
