#include "view/holder_of.h"

#include <algorithm>

namespace holdfast::view {
namespace {

constexpr std::uint32_t kOutside = ~std::uint32_t{0};  // a level below none of the things found
constexpr std::size_t kKnownEvery = 256;               // steps of a way between nodes whose state is remembered

std::uint64_t key_of(graph::NodeId node) {
  return node.object() ? node.object().row : (std::uint64_t{1} << 32 | node.root().row);
}

}  // namespace

HolderOf::HolderOf(const Names& names, const graph::Dominators& dominators, const Owners& owners,
                   std::span<const Found> found)
    : names_(names), dominators_(dominators), owners_(owners) {
  for (std::uint32_t row = 0; row < found.size(); ++row) add(found[row], row);
}

void HolderOf::add(const Found& found, std::uint32_t row) {
  std::size_t last = found.levels.size() - 1;
  while (!found.levels[last].starts) --last;
  std::uint32_t at = 0;
  for (std::size_t l = 0; l <= last; ++l) {
    const Level& level = found.levels[l];
    const graph::NodeId alone = l > 0 && level.alone ? level.first : graph::NodeId();
    const std::vector<std::uint32_t>& below = level_nodes_[at].below;
    const auto known = std::find_if(below.begin(), below.end(), [&](std::uint32_t child) {
      return level_nodes_[child].sort == level.sort && level_nodes_[child].alone == alone;
    });
    if (known != below.end()) {
      at = *known;
      continue;
    }
    const auto next = static_cast<std::uint32_t>(level_nodes_.size());
    level_nodes_[at].below.push_back(next);
    level_nodes_.push_back({level.sort, alone, level.starts, kNobody, {}});
    at = next;
  }
  level_nodes_[at].found = row;
}

HolderOf::State HolderOf::enter(State above, Sort sort, graph::NodeId node) const {
  if (above.level == kOutside) return above;
  // Nodes of one sort that follow one another are one level. A node that leads on to another thing that was found is
  // not one of the many small ones of this level.
  if (above.level != 0 && level_nodes_[above.level].sort == sort) return above;
  for (const std::uint32_t child : level_nodes_[above.level].below) {
    const LevelNode& level = level_nodes_[child];
    if (level.sort != sort || (level.alone && level.alone != node)) continue;
    return {child, level.found == kNobody && !level.starts ? above.found : level.found};
  }
  return {kOutside, above.found};
}

HolderOf::State HolderOf::enter_home(graph::NodeId top) const {
  const State home = enter({}, sort_of_home(owners_.home_of(top)), {});
  return top.root() ? home : enter(home, sort_of(names_, dominators_, top), top);
}

std::uint32_t HolderOf::of(ObjectId object) {
  if (!dominators_.reachable(object)) return kNobody;
  way_.clear();
  State state;
  graph::NodeId node = object;
  for (;; node = dominators_.idom(node)) {
    const auto known = known_.find(key_of(node));
    if (known != known_.end()) {
      state = known->second;
      break;
    }
    if (dominators_.idom(node) == graph::NodeId::super_root()) {
      state = enter_home(node);
      break;
    }
    way_.push_back(node);
  }
  for (std::size_t i = way_.size(); i-- > 0;) {
    state = enter(state, sort_of(names_, dominators_, way_[i]), way_[i]);
    if (i % kKnownEvery == kKnownEvery - 1) known_.emplace(key_of(way_[i]), state);
  }
  return state.found;
}

}  // namespace holdfast::view
