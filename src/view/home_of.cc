#include "view/home_of.h"

namespace holdfast::view {

HomeOf::HomeOf(const graph::Dominators& dominators, const Owners& owners)
    : dominators_(dominators), owners_(owners), known_(dominators.columns().idom.size()) {}

std::uint32_t HomeOf::home_above(graph::NodeId node) const {
  while (true) {
    if (node.root()) return owners_.owner_of(node.root());
    if (const std::uint32_t known = known_[node.object().row]; known != 0) return known - 1;
    const graph::NodeId above = dominators_.idom(node);
    if (above == graph::NodeId::super_root()) return owners_.home_of(node);
    node = above;
  }
}

std::uint32_t HomeOf::of(ObjectId object) {
  if (!dominators_.reachable(object)) return kNone;
  const std::uint32_t home = home_above(object);
  for (graph::NodeId node = object; node.object() && known_[node.object().row] == 0; node = dominators_.idom(node))
    known_[node.object().row] = home + 1;
  return home;
}

}  // namespace holdfast::view
