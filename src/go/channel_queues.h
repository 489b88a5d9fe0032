// Who waits in the queues of the channels that goroutines wait for (Go 1.19-1.27; reference 6.5). Each queue is walked
// once, when this is made; several threads may ask afterwards. Nothing throws: a queue ends where it does not fit
// together.
#pragma once

#include <unordered_map>

#include "go/goroutines.h"
#include "go/runtime.h"

namespace holdfast::go {

struct QueuedWaiter {
  Address channel;     // a runtime.hchan
  bool sends = false;  // otherwise it receives

  bool operator==(const QueuedWaiter&) const = default;
};

class ChannelQueues {
 public:
  ChannelQueues(const Runtime& runtime, const Scheduler& scheduler);

  // Returns where a runtime.sudog stands; null if it is in no queue. What another case of its select has woken already
  // can still be in one: ask the goroutine, too, whether it waits.
  const QueuedWaiter* find(Address sudog) const;

 private:
  std::unordered_map<Address, QueuedWaiter> queued_;  // by sudog
};

}  // namespace holdfast::go
