// What a report and its findings are made from. Each part of it costs passes over the heap, so all of it is made once,
// on two threads, and then everything that is said about the snapshot uses it. Several threads may read it.
#pragma once

#include <memory>
#include <optional>

#include "graph/dominators.h"
#include "graph/leaked_goroutines.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/channels.h"
#include "view/names.h"
#include "view/naming.h"
#include "view/owners.h"

namespace holdfast::view {

class Groundwork {
 public:
  // Fails as graph::Sharing does; throws when cancelled. All must outlive this.
  Groundwork(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
             const heap::OwnerRules& rules = heap::OwnerRules::built_in());
  // As much as is needed to speak of one object.
  Groundwork(std::unique_ptr<Naming> naming, const graph::Dominators& dominators, ObjectId object);
  Groundwork(const Groundwork&) = delete;
  Groundwork& operator=(const Groundwork&) = delete;
  ~Groundwork() = default;

  const heap::Snapshot& snapshot() const { return naming_->snapshot(); }
  const graph::Dominators& dominators() const { return dominators_; }
  const Names& names() const { return naming_->names(); }
  const Channels& channels() const { return naming_->channels(); }
  const Owners& owners() const { return *owners_; }
  // Not to be asked of a groundwork about one object.
  const graph::LeakedGoroutines& leaked() const { return *leaked_; }

 private:
  const graph::Dominators& dominators_;
  std::unique_ptr<Naming> naming_;
  std::optional<Owners> owners_;
  std::optional<graph::LeakedGoroutines> leaked_;
};

}  // namespace holdfast::view
