// The tables of spans: one by one, and by size class. Sizes are in bytes. The tables refer to the snapshot, which must
// outlive them. Any thread may make one; nothing throws.
#pragma once

#include "graph/reachability.h"
#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

TableShape span_shape();
Table span_table(const heap::Snapshot& snapshot, const graph::Reachability& reached);

TableShape span_class_shape();
// A row for each size class with pointers, and for each without, that has a span.
Table span_class_table(const heap::Snapshot& snapshot, const graph::Reachability& reached);

// Counts the bits set in [first, first + count).
std::uint64_t count_bits(const HugeArray<std::uint64_t>& bits, std::uint64_t first, std::uint64_t count);

}  // namespace holdfast::view
