// What a look at a live process will copy while that stands still: worked out before, while the process runs, so that
// memory for the copy can be made ready and the pause foretold.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/address.h"
#include "capture/frozen_memory.h"
#include "go/heap_model.h"

namespace holdfast::capture {

// All ranges are of the target, ascending and apart.
struct LookPlan {
  std::vector<AddressRange> ranges;    // of spans, package variables and stacks, and `outside`
  std::vector<AddressRange> outside;   // memory that is not Go's, if it is wanted
  std::vector<AddressRange> blocks;    // of the runtime's records beside these
  std::vector<AddressRange> empty;     // of `ranges`, what holds nothing: never written to, or zero
  std::uint64_t deep_stack_bytes = 0;  // of stacks in `ranges` that are deep
};

// What the target has, as far as that is no matter of its heap.
struct TargetRanges {
  std::vector<AddressRange> readable;
  std::vector<AddressRange> anonymous;  // where a page that holds nothing is zero
  std::vector<AddressRange> variables;  // of the program and its plugins
  std::uint64_t most_outside = 0;       // bytes of anonymous memory that is not Go's: so much is copied at most
};

// Returns the parts of a range that are in memory or swapped out.
using Present = std::function<std::vector<AddressRange>(AddressRange range)>;

// Returns the parts of `ranges` (ascending, apart) that are in memory or swapped out. Asks about several ranges at once
// if they are near each other.
std::vector<AddressRange> filled_of(const std::vector<AddressRange>& ranges, const Present& present);

// `records` has read the runtime's records that lead to the heap, and those that touch_records() asks for.
// `stack_pointers` are those of threads that do not run. One thread; throws as readers of `go` do if the runtime's
// records contradict themselves, which those of a running process sometimes do.
LookPlan plan_look(const go::Runtime& runtime, const go::HeapModel& heap, const FrozenMemory& records,
                   const TargetRanges& target, std::span<const Address> stack_pointers, bool with_content,
                   const Present& present);

// Makes `memory` keep the runtime's small records, which passes read after the target has gone on.
void touch_records(const go::Runtime& runtime, const go::HeapModel& heap, const FrozenMemory& memory,
                   LossLedger& losses);

}  // namespace holdfast::capture
