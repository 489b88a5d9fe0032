// Which memory without pointers lies near one object: what a look at it needs beside the memory that every look copies,
// where to copy all of it would hold the process still for long. One thread; nothing throws.
#pragma once

#include <cstdint>
#include <vector>

#include "base/memory_source.h"
#include "go/heap_model.h"

namespace holdfast::capture {

// How far is looked, so that the pause grows by a few milliseconds at most.
struct NearbyLimits {
  std::size_t objects = std::size_t{1} << 15;
  std::uint64_t bytes = std::uint64_t{8} << 20;        // of what is returned
  std::uint64_t leaf_bytes = std::uint64_t{64} << 10;  // of one object without pointers
  std::uint64_t words = std::uint64_t{1} << 13;        // that are followed of one object
  std::uint64_t first_bytes = std::uint64_t{1} << 20;  // of the object itself
};

// Returns the ranges of objects without pointers that words lead to from the object at `from` on, the nearest first
// until a limit is reached; sorted, disjoint. Any word that is an address in the heap counts, since nothing is known of
// types yet. `memory` has the spans with pointers.
std::vector<AddressRange> nearby_leaves(const MemorySource& memory, const std::vector<go::MSpan>& in_use, Address from,
                                        const NearbyLimits& limits = {});

}  // namespace holdfast::capture
