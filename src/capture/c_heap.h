// What malloc of the GNU C library has, read from its own records: which heaps it has, which of their blocks are given
// out, and which large blocks have a mapping of their own. Nothing is asked of the target. Sizes are in bytes. One
// thread. Source: malloc/malloc.c and malloc/arena.c of glibc 2.27 to 2.41 on 64-bit machines, which have one layout;
// struct malloc_state, struct malloc_par, struct heap_info, struct malloc_chunk.
//
// An allocator is not recognised by its version. Its records must have the right shape, they must lead to each other,
// every heap must be a row of blocks that ends where the heap ends, and the sizes of an arena's heaps must add up to
// what the arena counted itself.
#pragma once

#include <vector>

#include "base/memory_source.h"
#include "heap/memory_facts.h"
#include "os/maps.h"

namespace holdfast::capture {

struct CHeapRead {
  heap::CHeap facts;
  // What belongs to malloc: its heaps, and its large blocks if all of them were found, or all but a few that came
  // meanwhile. Sorted, disjoint.
  std::vector<AddressRange> ranges;
};

// `mappings` are all of the process, in address order. `present` are the pages in memory of those without a file
// (sorted, disjoint); large blocks are looked for only there, and not in `others`, which belong to Go (sorted,
// disjoint). A running process can change its heaps meanwhile: what contradicts itself is read again a few times. Then,
// or if there is another allocator, nothing is recognised.
CHeapRead read_c_heap(const std::vector<os::MappingUsage>& mappings, const std::vector<AddressRange>& present,
                      const std::vector<AddressRange>& others, const MemorySource& memory);

}  // namespace holdfast::capture
