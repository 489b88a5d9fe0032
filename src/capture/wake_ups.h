// Fills Snapshot::wake_ups and actors: what could wake each waiting goroutine, and who can act without being one. If a
// thread's words are not all there, somebody may act of whom nothing is known; then both stay empty, and that is a
// loss.
#pragma once

#include <functional>
#include <vector>

#include "base/address.h"
#include "base/loss.h"
#include "capture/build.h"
#include "go/channel_queues.h"
#include "go/goroutines.h"
#include "go/heap_model.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// What a goroutine's frames hold, by its row; none if it may be running.
using FrameWords = std::function<std::optional<std::vector<Address>>(std::size_t)>;

// snapshot.goroutines must have its rows.
void add_wake_ups(const FrozenTarget& target, const go::Scheduler& scheduler, const go::ChannelQueues& queues,
                  const heap::ObjectIndex& index, const FrameWords& words_of, heap::Snapshot& snapshot);
void add_actors(const FrozenTarget& target, const go::HeapModel& heap, const go::Scheduler& scheduler,
                const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses);

}  // namespace holdfast::capture
