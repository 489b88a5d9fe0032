// Fills Snapshot::timers: what the runtime's timers call and when, and which objects they are.
#pragma once

#include "capture/build.h"
#include "go/goroutines.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// snapshot.goroutines must have its rows. A timer that cannot be read has a row that says nothing of it.
void add_timers(const FrozenTarget& target, const go::Scheduler& scheduler, const heap::ObjectIndex& index,
                heap::Snapshot& snapshot);

}  // namespace holdfast::capture
