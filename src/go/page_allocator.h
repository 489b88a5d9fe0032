// runtime.pageAlloc, which hands out the heap's pages: how many of them were given back to the system, and where its
// own records are. One thread. Source: src/runtime/mpagealloc.go, mpallocbits.go, mpagecache.go of Go 1.19-1.27
// (reference 10.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "go/runtime.h"

namespace holdfast::go {

// Returns the bytes of heap pages that were returned to the system, counted from the bitmaps, to compare them with
// HeapReleased; none if the bitmaps cannot be read.
std::optional<std::uint64_t> count_released_bytes(const Runtime& runtime);

// Returns the pages of the heap's arenas (sorted, disjoint) that were returned to the system or never used: sorted,
// disjoint, without what cannot be read. The runtime expects none of them to be resident.
std::vector<AddressRange> released_pages(const Runtime& runtime, const std::vector<AddressRange>& arenas);

// Returns the memory that is reserved for its summaries, its chunks and the index of its scavenger, in any order,
// without what cannot be read.
std::vector<AddressRange> page_allocator_memory(const Runtime& runtime);

}  // namespace holdfast::go
