// Which code is plumbing: functions that allocate, block or call for others, so that the place of interest is the first
// caller outside of them. One list for goroutines and for allocation stacks, in this layer because the snapshot's
// builders group goroutines by it and those who show one name places by it.
#pragma once

#include <string_view>

#include "heap/snapshot.h"

namespace holdfast::heap {

// Whether the function belongs to the runtime or to a package of the standard library that blocks, allocates or calls
// for others ("sync.(*Mutex).Lock", "internal/poll.(*FD).Read"). A function without a name does.
bool is_plumbing(std::string_view function);

// Of frames[first .. first + count), innermost first, the first that is no plumbing; the first of all if all are. Null
// if there are none.
const Frame* first_user_frame(const Snapshot& snapshot, std::uint32_t first, std::uint32_t count);

}  // namespace holdfast::heap
