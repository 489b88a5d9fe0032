// Most ways through a graph that share no arc, and the smallest cut that parts them all (Ford and Fulkerson, breadth
// first): for graphs that are too large to be copied, between places with few ways. The graph is anything with
//
//   std::uint32_t count() const                           nodes are 0 .. count() - 1
//   void for_each_arc(std::uint32_t from, visit) const    visit(to, capacity) for each arc; several to one node in one
//
// A search visits what the source leads to until it meets the sink. Takes 4 B per node that it visits. One thread;
// throws when it is cancelled.
#pragma once

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/cancel.h"
#include "base/huge_array.h"

namespace holdfast::graph {

template <typename Graph>
class UnitFlow {
 public:
  using Node = std::uint32_t;

  struct Arc {
    Node from = 0, to = 0;
    std::uint32_t capacity = 0;
  };

  // The graph must outlive this.
  UnitFlow(const Graph& graph, Node source, Node sink)
      : graph_(graph), source_(source), sink_(sink), before_(graph.count()) {}

  // Finds ways until there are `most`, no other one is left, or the searches have visited `most_visits` nodes.
  void run(std::uint32_t most, std::uint64_t most_visits) {
    while (ways_ < most) {
      const Found found = search(most_visits);
      if (found == Found::kNothing) is_complete_ = true;
      if (found != Found::kSink) return;
      add_way();
    }
  }

  std::uint32_t ways() const { return ways_; }
  // Whether there are no more ways than these: only then there is a cut.
  bool is_complete() const { return is_complete_; }

  // The arcs, as many as ways when their capacities are counted, without which nothing leads from the source to the
  // sink; of all such sets the one that is nearest to the source.
  std::vector<Arc> cut() const {
    std::vector<Arc> arcs;
    for (const Node node : visited_)
      graph_.for_each_arc(node, [&](Node to, std::uint32_t capacity) {
        if (before_[to] == 0) arcs.push_back({node, to, capacity});
      });
    return arcs;
  }

  // Each from the source to the sink, both included.
  std::vector<std::vector<Node>> take_ways() {
    std::vector<std::vector<Node>> out(ways_);
    for (std::vector<Node>& way : out) {
      way.push_back(source_);
      while (way.back() != sink_) {
        std::vector<Used>& used = used_[way.back()];
        const auto next = std::ranges::find_if(used, [](const Used& arc) { return arc.flow > 0; });
        --next->flow;
        way.push_back(next->to);
      }
    }
    return out;
  }

 private:
  static constexpr std::uint64_t kCancelEvery = 1 << 16;

  enum class Found : std::uint8_t { kSink, kNothing, kTooMuch };

  // An arc that ways take, and how many.
  struct Used {
    Node to = 0;
    std::uint32_t flow = 0;
  };

  std::uint32_t flow(Node from, Node to) const {
    const auto used = used_.find(from);
    if (used == used_.end()) return 0;
    const auto arc = std::ranges::find(used->second, to, &Used::to);
    return arc == used->second.end() ? 0 : arc->flow;
  }

  void enter(Node node, Node before) {
    if (before_[node] != 0) return;
    before_[node] = before + 1;
    visited_.push_back(node);
  }

  Found search(std::uint64_t most_visits) {
    for (const Node node : visited_) before_[node] = 0;
    visited_.clear();
    enter(source_, source_);
    for (std::size_t i = 0; i < visited_.size(); ++i) {
      if (++visits_ > most_visits) return Found::kTooMuch;
      if (i % kCancelEvery == 0) throw_if_cancelled();
      const Node node = visited_[i];
      graph_.for_each_arc(node, [&](Node to, std::uint32_t capacity) {
        if (before_[to] == 0 && flow(node, to) < capacity) enter(to, node);
      });
      // Ways that come in here can be led elsewhere.
      if (const auto feeders = feeders_.find(node); feeders != feeders_.end())
        for (const Node feeder : feeders->second)
          if (before_[feeder] == 0 && flow(feeder, node) > 0) enter(feeder, node);
      if (before_[sink_] != 0) return Found::kSink;
    }
    return Found::kNothing;
  }

  // Along what the search found; where it went against an arc, one way less takes that.
  void add_way() {
    for (Node node = sink_; node != source_; node = before_[node] - 1) {
      const Node before = before_[node] - 1;
      if (flow(node, before) > 0)
        --std::ranges::find(used_[node], before, &Used::to)->flow;
      else
        ++arc(before, node).flow;
    }
    ++ways_;
  }

  Used& arc(Node from, Node to) {
    std::vector<Used>& used = used_[from];
    if (const auto known = std::ranges::find(used, to, &Used::to); known != used.end()) return *known;
    feeders_[to].push_back(from);
    return used.emplace_back(Used{to, 0});
  }

  const Graph& graph_;
  Node source_, sink_;
  HugeArray<std::uint32_t> before_;  // in the last search: the node before + 1; 0 = not visited
  std::vector<Node> visited_;        // in the last search
  std::uint64_t visits_ = 0;
  std::unordered_map<Node, std::vector<Used>> used_;     // only nodes on ways, which are few
  std::unordered_map<Node, std::vector<Node>> feeders_;  // from which used arcs came in
  std::uint32_t ways_ = 0;
  bool is_complete_ = false;
};

}  // namespace holdfast::graph
