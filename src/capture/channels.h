// Fills Snapshot::channels and channel_waits: of each object that is a channel, by its type or because a goroutine
// waits for it, how full it is; and who waits in its queues (runtime.hchan, Go 1.19-1.27). Records that contradict
// themselves or the heap are losses. One pass over the types of all objects, on all processors.
#pragma once

#include "base/loss.h"
#include "go/channel_queues.h"
#include "go/goroutines.h"
#include "go/runtime.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Types and goroutines must be in the snapshot already.
void add_channels(const go::Runtime& runtime, const go::Scheduler& scheduler, const go::ChannelQueues& queues,
                  const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
