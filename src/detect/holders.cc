#include "detect/holders.h"

#include <algorithm>

#include "detect/goroutine_words.h"

namespace holdfast::detect {
namespace {

constexpr std::uint64_t kOldest = 10;  // a goroutine whose id is among the first tenth has lasted

bool is_lasting_owner(const Evidence& evidence, const view::OwnerRow& owner) {
  return std::ranges::any_of(owner.roots, [&](RootId root) { return is_lasting(evidence, root); });
}

}  // namespace

bool is_of_one_variable(const Evidence& evidence, const view::Holder& holder) {
  if (holder.owners.size() != 1 || holder.chain.empty()) return false;
  const RootId root = holder.chain.front().node.root();
  return root && evidence.snapshot.roots[root.row].kind == heap::RootKind::kGlobal;
}

bool is_lasting(const Evidence& evidence, RootId id) {
  if (!id) return false;
  const heap::Root& root = evidence.snapshot.roots[id.row];
  if (root.kind == heap::RootKind::kGlobal) return true;
  return root.kind == heap::RootKind::kGoroutine && root.goroutine &&
         evidence.snapshot.goroutines[root.goroutine.row].goid <= 1 + highest_goid(evidence.snapshot) / kOldest;
}

std::uint64_t least_of_growth(const Evidence& evidence) {
  constexpr std::uint64_t kOfLive = 10, kOfWhole = 15;
  return std::max({evidence.smallest, evidence.live / kOfLive, evidence.report.whole_bytes() / kOfWhole});
}

bool is_held_for_long(const Evidence& evidence, ObjectId object) {
  const graph::NodeId top = evidence.dominators.top(object);
  if (!top.object()) return is_lasting(evidence, top.root());
  const view::Owners& owners = evidence.groundwork.owners();
  return std::ranges::any_of(owners.homes()[owners.home_of(top)].owners,
                             [&](std::uint32_t owner) { return is_lasting_owner(evidence, owners.rows()[owner]); });
}

ObjectId outermost(const Evidence& evidence, ObjectId object, std::uint64_t bytes) {
  ObjectId whole = object;
  for (ObjectId next = object; next && evidence.dominators.retained_bytes(next) <= bytes + bytes / 10;
       next = evidence.dominators.idom(next).object())
    whole = next;
  return whole;
}

graph::NodeId whole_of(const Evidence& evidence, const view::Holder& holder) {
  graph::NodeId found = holder.chain.front().node;
  for (const view::ChainStep& step : holder.chain)
    if (step.node && evidence.dominators.retained_bytes(step.node) >= holder.bytes - holder.bytes / 10)
      found = step.node;
  return found;
}

}  // namespace holdfast::detect
