// Writes the root forest of a Snapshot: nodes in order, and the targets of a node right after it was added. One thread.
#pragma once

#include "heap/label_writer.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

class RootWriter {
 public:
  // Both must outlive this.
  RootWriter(heap::Snapshot& snapshot, const heap::ObjectIndex& index)
      : snapshot_(snapshot), index_(index), labels_(snapshot.labels) {}

  // Adds a node under `parent` (none: under the super root) and makes it the current one.
  RootId add(heap::RootKind kind, RootId parent, const heap::Label& label, Address where = {});
  // Does the same for a node without a label.
  RootId add(heap::RootKind kind, RootId parent, Address where);
  // Adds a label that no node has.
  LabelId add_label(const heap::Label& label) { return labels_.add(label); }
  heap::Root& current() { return snapshot_.roots.back(); }

  const heap::ObjectIndex& index() const { return index_; }

  // Adds the object that `value` hits to the current node, if it hits one. `offset` is that of the word, in bytes from
  // Root::where. A word of a conservative node does not hold an object that the last mark found dead: the sweep frees
  // the slot, and the collector never looks at such words before (reference 9.4).
  void hold(Address value, std::uint64_t offset = 0);
  // Adds everything to which the object that `value` hits refers, but not the object itself.
  void hold_what_it_holds(Address value);

  // Takes the current node away again if it holds nothing.
  void drop_if_empty();

 private:
  void add_target(ObjectId object, std::uint64_t offset);
  bool waits_for_sweep(ObjectId object) const;

  heap::Snapshot& snapshot_;
  const heap::ObjectIndex& index_;
  heap::LabelWriter labels_;
};

}  // namespace holdfast::capture
