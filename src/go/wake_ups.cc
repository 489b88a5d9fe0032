#include "go/wake_ups.h"

#include <algorithm>

namespace holdfast::go {
namespace {

bool holds(std::span<const WaitTarget> waits, WaitTargetKind kind) {
  return !waits.empty() && std::ranges::all_of(waits, [&](const WaitTarget& wait) { return wait.kind == kind; });
}

}  // namespace

WakeUpReader::WakeUpReader(const Runtime& runtime, const Scheduler& scheduler, const ChannelQueues& queues)
    : memory_(runtime.memory),
      scheduler_(scheduler),
      queues_(queues),
      waiter_(read_library_layouts(runtime.layouts).waiter),
      list_head_(runtime.layouts.find("runtime.notifyList", "head")),
      list_in_condition_(runtime.layouts.find("sync.Cond", "notify")),
      coroutine_goroutine_(runtime.layouts.find("runtime.coro", "gp")) {}

std::optional<std::vector<AwaitedObject>> WakeUpReader::read(const Goroutine& goroutine,
                                                             std::span<const Address> pointers) {
  if (!goroutine.waits() || goroutine.system || goroutine.is_between) return std::nullopt;
  switch (goroutine.wait_reason) {
    case WaitReason::kChanReceiveNilChan:
    case WaitReason::kChanSendNilChan:
    case WaitReason::kSelectNoCases:
      return std::vector<AwaitedObject>();
    case WaitReason::kSelect:
      if (!goroutine.waiting) return std::vector<AwaitedObject>();  // the channels of all cases are nil
      return channels(goroutine);
    case WaitReason::kChanReceive:
    case WaitReason::kChanSend:
      return channels(goroutine);
    case WaitReason::kSemacquire:
    case WaitReason::kMutexLock:
    case WaitReason::kRwMutexRLock:
    case WaitReason::kRwMutexLock:
    case WaitReason::kWaitGroupWait:
      return semaphore(goroutine);
    case WaitReason::kCondWait:
      return condition(goroutine, pointers);
    case WaitReason::kCoroutine:
      return coroutine(goroutine, pointers);
    default:
      return std::nullopt;
  }
}

std::span<const WaitTarget> WakeUpReader::waits_of(const Goroutine& goroutine) const {
  return std::span(scheduler_.waits).subspan(goroutine.first_wait, goroutine.wait_count);
}

std::optional<std::vector<AwaitedObject>> WakeUpReader::channels(const Goroutine& goroutine) const {
  const auto waits = waits_of(goroutine);
  if (!holds(waits, WaitTargetKind::kChannel)) return std::nullopt;
  std::vector<AwaitedObject> out;
  for (const WaitTarget& wait : waits) {
    const auto waiting = memory_.try_pointer(wait.sudog + waiter_->goroutine);
    if (queues_.find(wait.sudog) == nullptr || waiting != goroutine.g) return std::nullopt;
    out.push_back({wait.object, wait.sudog});
  }
  return out;
}

std::optional<std::vector<AwaitedObject>> WakeUpReader::semaphore(const Goroutine& goroutine) const {
  const auto waits = waits_of(goroutine);
  if (waits.size() != 1 || !holds(waits, WaitTargetKind::kSemaphore) || !waits[0].is_queued) return std::nullopt;
  return std::vector<AwaitedObject>{{waits[0].object, waits[0].sudog}};
}

// A list belongs to one goroutine's wait only, so the first that has it is the one.
std::optional<std::vector<AwaitedObject>> WakeUpReader::condition(const Goroutine& goroutine,
                                                                  std::span<const Address> pointers) {
  const auto in = [&](Address list) -> std::optional<std::vector<AwaitedObject>> {
    const Waiters& waiters = waiters_of(list);
    const auto found = waiters.find(goroutine.g);
    if (found == waiters.end()) return std::nullopt;
    return std::vector<AwaitedObject>{{list, found->second}};
  };
  if (const auto waits = waits_of(goroutine); waits.size() == 1 && holds(waits, WaitTargetKind::kCond))
    return in(waits[0].object);
  if (!list_in_condition_) return std::nullopt;
  for (const Address pointer : pointers)
    for (const std::uint32_t offset : {std::uint32_t{0}, list_in_condition_->offset})
      if (auto found = in(pointer + offset)) return found;
  return std::nullopt;
}

const WakeUpReader::Waiters& WakeUpReader::waiters_of(Address list) {
  const auto [it, is_new] = waiters_.try_emplace(list);
  if (!is_new || !waiter_ || !list_head_) return it->second;
  Waiters& waiters = it->second;
  Address sudog = memory_.try_pointer(list + list_head_->offset).value_or(Address());
  while (sudog && waiters.size() < scheduler_.goroutines.size()) {
    const auto goroutine = memory_.try_pointer(sudog + waiter_->goroutine);
    const auto next = memory_.try_pointer(sudog + waiter_->next);
    if (!goroutine || !next || !*goroutine || !waiters.emplace(*goroutine, sudog).second) break;
    sudog = *next;
  }
  return waiters;
}

std::optional<std::vector<AwaitedObject>> WakeUpReader::coroutine(const Goroutine& goroutine,
                                                                  std::span<const Address> pointers) const {
  if (!coroutine_goroutine_) return std::nullopt;
  for (const Address pointer : pointers)
    if (memory_.try_pointer(pointer + coroutine_goroutine_->offset) == goroutine.g)
      return std::vector<AwaitedObject>{{pointer, Address()}};
  return std::nullopt;
}

}  // namespace holdfast::go
