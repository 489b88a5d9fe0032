// Checks whether a Snapshot keeps its promises: everything that later layers rely on without looking (indices in range,
// rows ascending, sums equal, offsets within their objects). Whoever makes a Snapshot from something else (a capture, a
// file, a test) can ask. The answer says what is wrong in words, and nothing throws. It works on all processors; the
// snapshot must stay as it is meanwhile.
#pragma once

#include <string>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

// Of columns that are still packed (heap/column.h) it checks how many values there are; the values are checked when
// they are unpacked.
//
// Says what is wrong, a sentence each with the row and the numbers; only the first few. Empty = all is well. Takes
// about 2 ns per edge, on all cores.
std::vector<std::string> problems(const Snapshot& snapshot);

}  // namespace holdfast::heap
