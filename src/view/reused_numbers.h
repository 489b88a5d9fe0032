// Numbers of type uintptr that are addresses of objects of a type that hardly any other number at their place names:
// perhaps what they named was freed, and its slot has something else now. A place may also be meant for objects of all
// sorts; then none is told. Reads the spans with objects that have such numbers, on all processors; throws when it is
// cancelled.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "heap/object_index.h"
#include "heap/snapshot.h"
#include "view/target_bytes.h"

namespace holdfast::view {

struct ReusedNumber {
  ObjectId object;       // that has it
  std::uint64_t at = 0;  // in bytes from the start of the object's slot
  Address value;

  bool operator==(const ReusedNumber&) const = default;
};

// Returns them by object. `reached` says which objects count.
std::vector<ReusedNumber> find_reused_numbers(const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                                              const TargetBytes& bytes, const std::function<bool(ObjectId)>& reached);

}  // namespace holdfast::view
