// Says which code is plumbing: functions that allocate, block or call for others, so that the place of interest is the
// first caller outside of them. There is one list for goroutines and for allocation stacks. It is in this layer because
// the builders of a snapshot group goroutines by it and those who show a snapshot name places by it. Nothing throws.
#pragma once

#include <string_view>

#include "heap/snapshot.h"

namespace holdfast::heap {

// Whether the function belongs to the runtime or to a package of the standard library that blocks, allocates or calls
// for others ("sync.(*Mutex).Lock", "internal/poll.(*FD).Read"). A function without a name does.
bool is_plumbing(std::string_view function);

// Returns the first of frames[first .. first + count), innermost first, that is no plumbing; the innermost if all are
// plumbing; null if there are none.
const Frame* first_user_frame(const Snapshot& snapshot, std::uint32_t first, std::uint32_t count);

}  // namespace holdfast::heap
