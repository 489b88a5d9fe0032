#include "view/groundwork.h"

#include <utility>

#include "base/parallel.h"

namespace holdfast::view {

Groundwork::Groundwork(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                       const heap::OwnerRules& rules)
    : dominators_(dominators) {
  // Most of either is work for one thread.
  run_both([&] { owners_.emplace(snapshot, dominators, rules); },
           [&] {
             naming_ = std::make_unique<Naming>(snapshot, rules);
             naming_->channels().find_names();
             leaked_ = graph::find_leaked_goroutines(snapshot, graph::reachability(dominators));
           });
}

Groundwork::Groundwork(std::unique_ptr<Naming> naming, const graph::Dominators& dominators, ObjectId object)
    : dominators_(dominators), naming_(std::move(naming)) {
  owners_.emplace(Owners::of_one(snapshot(), naming_->index(), names().type_rules(), dominators, object));
}

}  // namespace holdfast::view
