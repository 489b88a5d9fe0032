// Where the Go runtime keeps its own records outside of the heap's arenas, so that their memory is not taken for the
// program's. All ranges are sorted and disjoint, in bytes of the target. What cannot be read is left out: less is found
// then. Source: src/runtime/malloc.go (persistentalloc), mpagealloc.go, mheap.go of Go 1.19-1.27 (reference 10.2).
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "go/heap_model.h"

namespace holdfast::go {

struct RuntimeRecords {
  // The table of arenas, 32 MiB of address space of which few pages are ever touched; the runtime does not count it.
  AddressRange arena_table;
  // The table of arenas, span lists, page allocator, arena records, and the pages that span records and their bitmaps
  // lie on: of records that were allocated at one time some stand for all.
  std::vector<AddressRange> ranges;
};

RuntimeRecords find_runtime_records(const Runtime& runtime, const HeapModel& heap);

// The chunks of runtime.persistentalloc: each processor takes records from one of its own, whose first word leads to
// the chunk before it. The chain only grows, so it can be followed while the process runs.
std::vector<AddressRange> record_chunks(const Runtime& runtime);

}  // namespace holdfast::go
