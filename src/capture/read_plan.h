// Which parts of a target's memory an analysis needs: spans that can hold pointers, stacks in use, package data, and
// the runtime's own records. Pointer-free objects are read only if their content is to be kept, or if they are channels
// that goroutines wait for.
#pragma once

#include <cstdint>
#include <vector>

#include "base/ranges.h"
#include "go/heap_model.h"
#include "go/unwind.h"

namespace holdfast::capture {

// The heap's part: spans with pointers, pointer maps beside the heap (Go 1.19-1.21), mark areas of unswept small spans;
// `with_content`: all other spans in use as well. Sorted, disjoint, neighbours joined.
std::vector<AddressRange> heap_ranges(const go::Runtime& runtime, const go::HeapModel& heap, bool with_content = false);

// The part of every goroutine's stack that is in use, and of the system stacks that threads are on, as far as it is
// `readable` (sorted mappings). Needs the heap to be readable (goroutine records lie there).
std::vector<AddressRange> stack_ranges(const go::Runtime& runtime, const std::vector<go::ThreadRegisters>& threads,
                                       const std::vector<AddressRange>& readable);

}  // namespace holdfast::capture
