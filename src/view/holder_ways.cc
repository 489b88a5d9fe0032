#include "view/holder_ways.h"

#include <algorithm>
#include <span>

namespace holdfast::view {
namespace {

constexpr int kMostGaps = 16;  // of a chain in which a way is looked for

}  // namespace

// A node on the way from a root to an object.
struct HolderWays::WayNode {
  graph::NodeId node;
  bool several = false;  // see LevelRun
};

std::uint32_t first_of(const Owners& owners, const Home& home) {
  const auto variable = std::ranges::find_if(
      home.owners, [&](std::uint32_t owner) { return owners.rows()[owner].kind == OwnerKind::kVariable; });
  return variable == home.owners.end() ? home.owners.front() : *variable;
}

HolderWays::HolderWays(const Names& names, const graph::Dominators& dominators, const Owners& owners)
    : names_(names), snapshot_(names.snapshot()), dominators_(dominators), owners_(owners), chains_(names) {}

Ways& HolderWays::ways() {
  if (!ways_) ways_ = std::make_unique<Ways>(snapshot_, chains_.weak_edges());
  return *ways_;
}

// Returns the way that every way to `end` takes, from the outermost node on, and between two of its nodes the shortest
// way where several lead on.
std::vector<HolderWays::WayNode> HolderWays::way_to(graph::NodeId end, const Home& home, WayTo wanted) {
  std::vector<graph::NodeId> nodes;
  for (graph::NodeId node = end; node && node != graph::NodeId::super_root(); node = dominators_.idom(node))
    nodes.push_back(node);
  std::reverse(nodes.begin(), nodes.end());
  std::vector<WayNode> way = along(owners_.known_way(end), nodes);
  if (!way.empty()) return way;
  if (nodes.front().object() && !home.owners.empty()) {
    if (const auto before = way_from(first_of(owners_, home), nodes.front().object(), wanted)) {
      if (before->back() != nodes.front()) go_from(before->back(), nodes);
      for (const graph::NodeId node : std::span(*before).first(before->size() - 1)) way.push_back({node, true});
    }
  }
  int gaps = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool jumps = i > 0 && nodes[i].object() && !names_.refers(nodes[i - 1], nodes[i].object());
    if (jumps && gaps++ < kMostGaps)
      for (const graph::NodeId node : way_between(nodes[i - 1], nodes[i].object())) way.push_back({node, true});
    way.push_back({nodes[i], false});
  }
  return way;
}

// Returns the nodes of a way that goes through all of `nodes`; none if it does not.
std::vector<HolderWays::WayNode> HolderWays::along(std::span<const graph::NodeId> way,
                                                   std::span<const graph::NodeId> nodes) {
  std::vector<WayNode> out;
  std::size_t passed = 0;
  for (const graph::NodeId node : way) {
    const bool is_on_every_way = passed < nodes.size() && node == nodes[passed];
    if (is_on_every_way) ++passed;
    out.push_back({node, !is_on_every_way});
  }
  if (passed < nodes.size()) out.clear();
  return out;
}

// The last node of the way is what was wanted.
std::optional<std::vector<graph::NodeId>> HolderWays::way_from(std::uint32_t owner, ObjectId object, WayTo wanted) {
  const std::uint32_t home = owners_.home_of(object);
  const Sort sort = sort_of(names_, dominators_, object);
  return ways().from_roots(owners_.rows()[owner].roots, [&](ObjectId other) {
    if (wanted == WayTo::kTheObject) return other == object;
    return owners_.is_shared(other) && owners_.home_of(other) == home && is_like(other, object, sort);
  });
}

// Replaces the nodes by a way down from another first one, through nodes of the same sorts, as far as there is one.
void HolderWays::go_from(graph::NodeId first, std::vector<graph::NodeId>& nodes) const {
  nodes.front() = first;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const graph::NodeId next = child_like(nodes[i - 1].object(), nodes[i]);
    if (!next) {
      nodes.resize(i);
      return;
    }
    nodes[i] = next;
  }
}

graph::NodeId HolderWays::child_like(ObjectId above, graph::NodeId example) const {
  if (above.row >= snapshot_.pointerful) return {};
  const Sort sort = sort_of(names_, dominators_, example);
  for (const std::uint32_t e : snapshot_.edges.of(above.row)) {
    const ObjectId child(snapshot_.edges.target[e]);
    if (dominators_.idom(child) == graph::NodeId(above) && is_like(child, example, sort)) return child;
  }
  return {};
}

bool HolderWays::is_like(graph::NodeId node, graph::NodeId example, Sort sort_of_example) const {
  return is_part(node) == is_part(example) && sort_of(names_, dominators_, node) == sort_of_example;
}

std::vector<graph::NodeId> HolderWays::way_between(graph::NodeId from, ObjectId to) {
  if (from.object()) return ways().between(from.object(), to).value_or(std::vector<graph::NodeId>());
  const RootId root = from.root();
  std::vector<graph::NodeId> way = ways()
                                       .from_roots({&root, 1}, [&](ObjectId object) { return object == to; })
                                       .value_or(std::vector<graph::NodeId>());
  if (!way.empty()) way.pop_back();  // `to` itself
  const auto here = std::ranges::find(way, from);
  if (here != way.end()) way.erase(way.begin(), here + 1);
  return way;
}

std::vector<LevelRun> HolderWays::runs_to(graph::NodeId end, const Home& home, WayTo wanted) {
  std::vector<LevelRun> runs;
  int level = kNoLevel;
  Sort above = 0;
  for (const WayNode& step : way_to(end, home, wanted)) {
    const Sort sort = sort_of(names_, dominators_, step.node);
    int of_step = kNoLevel;
    if (!step.several) {
      // The first level is the home's: its root, or nothing if several owners share.
      if (level == kNoLevel)
        level = step.node.root() ? 0 : 1;
      else if (sort != above)
        ++level;
      above = sort;
      of_step = level;
    }
    const bool is_other = runs.empty() || runs.back().sort != sort || is_part(runs.back().last) != is_part(step.node);
    if (is_other || (of_step != runs.back().level && !step.several))
      runs.push_back({sort, step.node, step.node, step.several, of_step});
    runs.back().last = step.node;
  }
  return runs;
}

std::optional<std::vector<LevelRun>> HolderWays::runs_from(std::uint32_t owner, const LevelRun& shared, WayTo wanted) {
  const auto way = way_from(owner, shared.first.object(), wanted);
  if (!way) return std::nullopt;
  std::vector<LevelRun> runs;
  for (const graph::NodeId node : std::span(*way).first(way->size() - 1)) {
    const Sort sort = sort_of(names_, dominators_, node);
    if (runs.empty() || runs.back().sort != sort) runs.push_back({sort, node, node, true, kNoLevel});
    runs.back().last = node;
  }
  runs.push_back({shared.sort, way->back(), way->back(), false, shared.level});
  return runs;
}

}  // namespace holdfast::view
