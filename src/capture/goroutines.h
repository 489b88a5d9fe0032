// Adds goroutines with their stacks, and what these hold, as rows and roots of a Snapshot.
#pragma once

#include "base/loss.h"
#include "capture/build.h"
#include "capture/root_writer.h"
#include "go/channel_queues.h"
#include "go/frame_roots.h"
#include "go/goroutines.h"
#include "go/heap_model.h"

namespace holdfast::capture {

// Unwinds every goroutine (in parallel) and adds its row, its frames, what could wake it, and its roots: a group node
// for goroutines with the same stack and state, a node for each goroutine, and a node for each frame that holds
// something. Then who can act without being one (capture/wake_ups.h). The result does not depend on the number of
// threads.
void add_goroutines(const FrozenTarget& target, const go::HeapModel& heap, const go::Scheduler& scheduler,
                    const go::ChannelQueues& queues, RootWriter& forest, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
