// Says which memory of a target an analysis of its Go heap reads, so that it can be copied while the target is stopped:
// spans that can hold pointers, stacks in use, and the runtime's own records. Pointer-free objects are only read if
// their content is to be kept, or if they are channels or locks that goroutines wait for. All ranges are in bytes of
// the target. Each function runs on one thread. The facts are those of the readers that need the memory (reference 2,
// 3, 5).
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "go/heap_model.h"

namespace holdfast::go {

// Returns spans with pointers, pointer maps beside the heap (Go 1.19-1.21), mark areas of small spans, and with
// `with_content` all other spans in use as well. Sorted, disjoint; neighbours are not joined, so that each span can be
// placed as a whole.
std::vector<AddressRange> heap_memory(const Runtime& runtime, const HeapModel& heap, bool with_content);

// Returns the part of every goroutine's stack that is in use, and what lies above the stack pointers of threads: system
// stacks, stacks of C. Whole pages; sorted, disjoint; some may not be mapped. A thread whose stack pointer is not given
// may be anywhere on the stack of a goroutine that runs, so all of that stack is needed. The records of goroutines,
// which lie in the heap, must be readable. Empty if the list of goroutines is not.
std::vector<AddressRange> stack_memory(const Runtime& runtime, std::span<const Address> stack_pointers);

// Reads, or calls `keep` for, the small records that are asked for after the target has gone on: bits of spans,
// specials, records of samples, the page allocator, channels and locks that goroutines wait for, labels of goroutines.
// A memory that keeps what it was asked for has all of them afterwards.
void visit_small_records(const Runtime& runtime, const HeapModel& heap, const std::function<void(AddressRange)>& keep,
                         LossLedger& losses);

// Does the same for pointer masks of types. They lie in the runtime's own memory or, for types that reflect made, on
// the heap among pointer-free objects. heap_memory() must be readable.
void visit_type_masks(const Runtime& runtime, const HeapModel& heap, LossLedger& losses);

}  // namespace holdfast::go
