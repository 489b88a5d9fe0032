#include "view/groundwork.h"

#include "base/parallel.h"

namespace holdfast::view {

Groundwork::Groundwork(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                       const heap::OwnerRules& rules)
    : dominators_(dominators), index_(snapshot) {
  // Most of either is work for one thread.
  run_both([&] { owners_.emplace(snapshot, dominators, rules); },
           [&] {
             names_.emplace(snapshot, index_, rules);
             channels_.emplace(*names_);
             leaked_ = graph::find_leaked_goroutines(snapshot, graph::reachability(dominators));
           });
}

Groundwork::Groundwork(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                       const heap::OwnerRules& rules, ObjectId about)
    : dominators_(dominators), index_(snapshot) {
  graph::NodeId top = about;
  for (graph::NodeId above = dominators.idom(top); above && above != graph::NodeId::super_root();
       above = dominators.idom(top))
    top = above;
  run_both(
      [&] {
        if (top.root())
          owners_.emplace(Owners::of_roots(snapshot, dominators, rules));
        else
          owners_.emplace(snapshot, dominators, rules);
      },
      [&] {
        names_.emplace(snapshot, index_, rules);
        channels_.emplace(*names_);
      });
}

}  // namespace holdfast::view
