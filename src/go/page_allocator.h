// runtime.pageAlloc, which hands out the heap's pages: how many of them were given back to the system, and where its
// own records are. Source: src/runtime/mpagealloc.go, mpallocbits.go, mpagecache.go of Go 1.19-1.27 (reference 10.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.h"
#include "go/runtime.h"

namespace holdfast::go {

// Bytes of heap pages returned to the system, counted from the bitmaps, to compare with HeapReleased; none if they
// cannot be read.
std::optional<std::uint64_t> count_released_bytes(const Runtime& runtime);

// Memory reserved for its summaries, chunks and the index of its scavenger, in any order. What cannot be read is left
// out.
std::vector<AddressRange> page_allocator_memory(const Runtime& runtime);

}  // namespace holdfast::go
