// Finds where the Go runtime keeps its own records outside of the heap's arenas, so that their memory is not taken for
// the program's. All ranges are sorted and disjoint, in bytes of the target. What cannot be read is left out, so that
// less is found. Source: src/runtime/malloc.go (persistentalloc), mpagealloc.go, mheap.go of Go 1.19-1.27
// (reference 10.2).
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "go/heap_model.h"

namespace holdfast::go {

struct RuntimeRecords {
  // The table of arenas: 32 MiB of address space of which few pages are ever touched. The runtime does not count it.
  AddressRange arena_table;
  // The table of arenas, span lists, the page allocator, arena records, and the pages on which span records and their
  // bitmaps lie. Of records that were allocated at one time only some are looked at; they stand for all.
  std::vector<AddressRange> ranges;
};

RuntimeRecords find_runtime_records(const Runtime& runtime, const HeapModel& heap);

// Returns the chunks of runtime.persistentalloc. Each processor takes records from a chunk of its own, whose first word
// leads to the chunk before it. The chain only grows, so it can be followed while the process runs.
std::vector<AddressRange> record_chunks(const Runtime& runtime);

}  // namespace holdfast::go
