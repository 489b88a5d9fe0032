#include "view/root_above.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kRememberedEvery = 256;  // objects of a way between those whose answer is remembered

}  // namespace

RootAbove::RootAbove(const graph::Dominators& dominators, std::span<const RootId> roots) : dominators_(dominators) {
  for (std::uint32_t row = 0; row < roots.size(); ++row)
    if (roots[row]) row_of_root_.emplace(roots[row].row, row);
}

std::uint32_t RootAbove::of(ObjectId object) {
  if (!dominators_.reachable(object)) return kNone;
  way_.clear();
  std::uint32_t found = kNone;
  for (graph::NodeId node = object; node != graph::NodeId::super_root(); node = dominators_.idom(node)) {
    if (node.object()) {
      const auto known = known_.find(node.object().row);
      if (known != known_.end()) {
        found = known->second;
        break;
      }
      way_.push_back(node.object());
    } else if (const auto at = row_of_root_.find(node.root().row); at != row_of_root_.end()) {
      found = at->second;
      break;
    }
  }
  for (std::size_t i = way_.size(); i-- > 0;)
    if ((way_.size() - i) % kRememberedEvery == 0) known_.emplace(way_[i].row, found);
  return found;
}

}  // namespace holdfast::view
