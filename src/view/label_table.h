// The pprof labels of goroutines, and the table of what the goroutines of each value hold. (view/labels.h is about
// something else: what roots are called.)
#pragma once

#include <span>
#include <string>

#include "heap/snapshot.h"
#include "view/table.h"

namespace holdfast::view {

// Returns the labels of goroutines of one place: "route=/pay, tenant=(3 values)"; a label that only some have is
// followed by how many: "tenant=acme (2 of 5)". Empty if they have none.
std::string labels_text(const heap::Snapshot& snapshot, std::span<const GoroutineId> goroutines);

TableShape label_shape();
// Has a row for each key and value, in the order of the keys. Goroutines that
// have ended do not count. Takes a pass over the heap for each key, and one for each 64 of its values. Keeps a
// reference to the snapshot.
Table label_table(const heap::Snapshot& snapshot);

}  // namespace holdfast::view
