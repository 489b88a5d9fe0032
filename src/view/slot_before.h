// What lay at an address at an earlier look at the same process, of which only the slots are kept (view/since.h). Facts
// of that look alone: whether an object that lies there now is the same one is another question (graph/slot_fates.h).
#pragma once

#include <cstdint>
#include <string>

#include "base/address.h"
#include "view/since.h"

namespace holdfast::view {

enum class SlotThen : std::uint8_t {
  kNoSpan,  // the heap had nothing there
  kFree,    // a slot without an object, or what is left behind the last one
  kObject,
};

struct SlotBefore {
  SlotThen what = SlotThen::kNoSpan;
  Address begin;            // of the slot
  std::uint64_t bytes = 0;  // of the slot
  std::string type;         // of the object; empty if it was not known
  bool live = false;        // something reached the object
};

// Linear in the objects of one span. Nothing throws.
SlotBefore slot_before(const EarlierLook& look, Address address);

}  // namespace holdfast::view
