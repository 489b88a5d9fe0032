// What a snapshot's objects, places and channels are called. It needs nothing but the snapshot, so it can be made
// beside the pass that finds what holds what. Several threads may read it.
#pragma once

#include "heap/object_index.h"
#include "heap/owner_rules.h"
#include "heap/snapshot.h"
#include "view/channels.h"
#include "view/names.h"

namespace holdfast::view {

class Naming {
 public:
  // Both must outlive this.
  explicit Naming(const heap::Snapshot& snapshot, const heap::OwnerRules& rules = heap::OwnerRules::built_in())
      : index_(snapshot), names_(snapshot, index_, rules), channels_(names_) {}
  Naming(const Naming&) = delete;
  Naming& operator=(const Naming&) = delete;
  ~Naming() = default;

  const heap::Snapshot& snapshot() const { return names_.snapshot(); }
  const heap::ObjectIndex& index() const { return index_; }
  const Names& names() const { return names_; }
  const Channels& channels() const { return channels_; }

 private:
  heap::ObjectIndex index_;
  Names names_;
  Channels channels_;
};

}  // namespace holdfast::view
