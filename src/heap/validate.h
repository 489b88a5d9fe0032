// Does a Snapshot keep its promises? Everything that later layers rely on without looking: indices in range, rows
// ascending, sums equal, offsets within their objects. Whoever makes a Snapshot from something else (a capture, a file,
// a test) can ask.
#pragma once

#include <string>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::heap {

// What is wrong, a sentence each with the row and the numbers; the first few. Empty = all is well. Linear: about 2 ns
// per edge.
std::vector<std::string> problems(const Snapshot& snapshot);

}  // namespace holdfast::heap
