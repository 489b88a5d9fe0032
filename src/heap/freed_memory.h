// Which addresses lie in the Go heap where no object is: in free slots, and in pages that neither a span nor the stack
// of a goroutine has. Whoever names one names what was freed, or was never there. Several threads may ask; nothing
// throws.
#pragma once

#include <vector>

#include "base/address.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

class FreedMemory {
 public:
  // Both must outlive this. Without mappings nothing is said of pages that no span has.
  FreedMemory(const ObjectIndex& index, const Snapshot& snapshot);

  bool has(Address value) const {
    if (!hull_.contains(value)) return false;
    const SpanId span = index_.find_page(value);
    if (!span) return lies_in(heap_, value) && !lies_in(stacks_, value);
    const ObjectIndex::NumberedSlot hit = index_.find_slot(span, value);
    return !hit.object && hit.number < snapshot_.spans[span.row].slots;
  }

 private:
  static bool lies_in(const std::vector<AddressRange>& ranges, Address value);

  const ObjectIndex& index_;
  const Snapshot& snapshot_;
  AddressRange hull_;                        // of the heap
  std::vector<AddressRange> heap_, stacks_;  // sorted
};

}  // namespace holdfast::heap
