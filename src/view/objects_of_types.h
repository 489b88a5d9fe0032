// Which objects are of certain types: one pass over their types, for passes that only few objects matter to. On all
// threads, with the same result. Nothing throws but what a packed column does (heap/column.h).
#pragma once

#include <vector>

#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::view {

// Of those that can have pointers, ascending. `wanted` is by TypeId.
std::vector<ObjectId> objects_of_types(const heap::Snapshot& snapshot, const std::vector<bool>& wanted);

}  // namespace holdfast::view
