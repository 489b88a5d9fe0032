// What is known of a slot without an object: how long it has been free at least, what lies beside it, and who allocates
// objects of its size. Nothing keeps what was there; these are the runtime's records of the rest. Nothing throws.
#pragma once

#include <string>

#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::view {

// Returns "; it is free since the sweep after collection 12 at the latest; of 60 objects beside it 58 are main.buffer;
// ...", and which verb says who still names it; nothing if the address is in no free slot or free page of the heap.
std::string history_of(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address);
// The same without the verb.
std::string history_of_slot(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, Address address);

}  // namespace holdfast::view
