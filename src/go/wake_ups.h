// What could wake a goroutine that waits until another one acts: the channels, semaphores, condition variables and
// coroutines that the runtime's own queues say it waits for (Go 1.19-1.27; reference 6.6, goroutine leaks 1.4). For one
// thread. Nothing throws; what does not fit together is not known.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "go/channel_queues.h"
#include "go/goroutines.h"
#include "go/library_layouts.h"

namespace holdfast::go {

struct AwaitedObject {
  Address object;  // runtime.hchan; the word of a semaphore; the list of a sync.Cond; runtime.coro
  Address record;  // the runtime.sudog in its queue; null for coroutines

  bool operator==(const AwaitedObject&) const = default;
};

class WakeUpReader {
 public:
  // All must outlive this.
  WakeUpReader(const Runtime& runtime, const Scheduler& scheduler, const ChannelQueues& queues);

  // Returns everything that could wake the goroutine: nothing at all if it waits for a nil channel or in a select
  // without cases. None if it does not wait for other goroutines, if somebody may be waking it at this moment, or if it
  // is not known what it waits for. `pointers` are the words of its frames: up to Go 1.25 nothing else leads to a
  // condition variable, and in no release anything else to a coroutine.
  std::optional<std::vector<AwaitedObject>> read(const Goroutine& goroutine, std::span<const Address> pointers);

 private:
  using Waiters = std::unordered_map<Address, Address>;  // by goroutine: its sudog in a list

  std::optional<std::vector<AwaitedObject>> channels(const Goroutine& goroutine) const;
  std::optional<std::vector<AwaitedObject>> semaphore(const Goroutine& goroutine) const;
  std::optional<std::vector<AwaitedObject>> condition(const Goroutine& goroutine, std::span<const Address> pointers);
  std::optional<std::vector<AwaitedObject>> coroutine(const Goroutine& goroutine,
                                                      std::span<const Address> pointers) const;
  std::span<const WaitTarget> waits_of(const Goroutine& goroutine) const;
  const Waiters& waiters_of(Address list);

  const MemorySource& memory_;
  const Scheduler& scheduler_;
  const ChannelQueues& queues_;
  std::optional<WaiterLayout> waiter_;
  std::optional<FieldLayout> list_head_, list_in_condition_, coroutine_goroutine_;
  std::unordered_map<Address, Waiters> waiters_;  // by list
};

}  // namespace holdfast::go
