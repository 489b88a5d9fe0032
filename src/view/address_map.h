// The heap as it lies in memory: a stretch of addresses cut into cells of equal size, and of each what lives in it,
// what waits for the collector and what is free. It shows what fragmentation is: cells that a few live objects keep.
// Columns by cell, of those cells alone that a span has a part of. Sizes are in bytes. Any thread may make one; throws
// when cancelled.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "graph/reachability.h"
#include "heap/snapshot.h"

namespace holdfast::view {

struct AddressMap {
  AddressRange range;               // what the cells are of: it begins and ends with one
  std::uint64_t cell_bytes = 0;     // a power of two, at least a page of the runtime
  std::vector<std::uint64_t> cell;  // its number from the begin of `range` on, ascending
  std::vector<std::uint64_t> live, garbage;
  std::vector<std::uint64_t> free;    // slots without an object, and what is left behind the last one of a span
  std::vector<std::uint64_t> absent;  // of all three, what is not in memory
  std::vector<std::uint32_t> spans;   // that begin in it

  // Of all cells.
  std::uint64_t live_bytes = 0, garbage_bytes = 0, free_bytes = 0, absent_bytes = 0;
  std::uint64_t span_count = 0;
  bool residency_known = false;  // otherwise nothing is known of `absent`
};

// Of the spans that begin within `part`, or of all if that is empty; no more than `most` cells, of which there may be
// fewer as their size is a power of two.
AddressMap address_map(const heap::Snapshot& snapshot, const graph::Reachability& reached, AddressRange part,
                       std::size_t most);

}  // namespace holdfast::view
