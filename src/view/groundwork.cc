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
           });
}

}  // namespace holdfast::view
