// Finds a type by the name that a person gives. Any thread may ask.
#pragma once

#include <string>

#include "heap/snapshot.h"

namespace holdfast::view {

// Returns the type of that full name. Of several that lie in memory alike, the first. Fails with kUsage, listing names
// that are near, if there is none or there are several that differ.
TypeId type_of_name(const heap::Snapshot& snapshot, const std::string& name);

}  // namespace holdfast::view
