#include "go/lock_record.h"

#include <string_view>

#include "go/runtime_lists.h"
#include "go/semaphores.h"

namespace holdfast::go {
namespace {

// No lock of package sync is larger, wherever its words lie in it.
constexpr std::uint64_t kMostLockBytes = 24;

}  // namespace

LockReader::LockReader(const Runtime& runtime) : memory_(runtime.memory) {
  const LayoutSource& layouts = runtime.layouts;
  const auto either = [](auto first, auto second) { return first ? first : second; };
  state_ = either(layouts.find("internal/sync.Mutex", "state"), layouts.find("sync.Mutex", "state"));
  semaphore_ = either(layouts.find("internal/sync.Mutex", "sema"), layouts.find("sync.Mutex", "sema"));
  locked_bit_ = either(layouts.constant("internal/sync.mutexLocked"), layouts.constant("sync.mutexLocked"));
  inner_ = layouts.find("sync.RWMutex", "w");
  writers_ = layouts.find("sync.RWMutex", "writerSem");
  readers_ = layouts.find("sync.RWMutex", "readerSem");
  reader_count_ = layouts.find("sync.RWMutex", "readerCount");
  reader_wait_ = layouts.find("sync.RWMutex", "readerWait");
  most_readers_ = layouts.constant("sync.rwmutexMaxReaders");
  group_state_ = either(layouts.find("sync.WaitGroup", "state"), layouts.find("sync.WaitGroup", "state1"));
  group_semaphore_ = either(layouts.find("sync.WaitGroup", "sema"), layouts.find("sync.WaitGroup", "state2"));
}

Address LockReader::lock_at(Address semaphore, LockWait wait) const {
  const auto before = [&](const std::optional<FieldLayout>& field) {
    return field ? Address(semaphore.value - field->offset) : Address();
  };
  switch (wait) {
    case LockWait::kMutex:
      return before(semaphore_);
    case LockWait::kRwMutexTurn:
      return semaphore_ && inner_ ? Address(semaphore.value - semaphore_->offset - inner_->offset) : Address();
    case LockWait::kRwMutexWrite:
      return before(writers_);
    case LockWait::kRwMutexRead:
      return before(readers_);
    case LockWait::kWaitGroup:
      return before(group_semaphore_);
  }
  return {};
}

std::optional<LockRecord> LockReader::read(Address lock, LockWait wait) const {
  if (wait == LockWait::kMutex) return read_mutex(lock);
  return wait == LockWait::kWaitGroup ? read_wait_group(lock) : read_rw_mutex(lock);
}

std::optional<LockRecord> LockReader::read_mutex(Address lock) const {
  if (!state_ || !locked_bit_) return std::nullopt;
  const auto state = memory_.try_integer<std::uint32_t>(lock + state_->offset);
  if (!state) return std::nullopt;
  return LockRecord{.locked = (*state & static_cast<std::uint64_t>(*locked_bit_)) != 0};
}

// A writer takes the most readers there can be from their count, and then waits until those that are inside have left.
std::optional<LockRecord> LockReader::read_rw_mutex(Address lock) const {
  if (!reader_count_ || !reader_wait_ || !most_readers_) return std::nullopt;
  const auto count = memory_.try_integer<std::uint32_t>(lock + reader_count_->offset);
  const auto wait = memory_.try_integer<std::uint32_t>(lock + reader_wait_->offset);
  if (!count || !wait) return std::nullopt;
  const auto readers = static_cast<std::int32_t>(*count);
  if (readers >= 0) return LockRecord{.locked = false, .readers = *count};
  const auto leaving = static_cast<std::int32_t>(*wait);
  return LockRecord{.locked = true, .readers = leaving > 0 ? *wait : 0};
}

// The upper half of the state counts, in all releases.
std::optional<LockRecord> LockReader::read_wait_group(Address lock) const {
  if (!group_state_) return std::nullopt;
  const auto state = memory_.try_integer<std::uint64_t>(lock + group_state_->offset);
  if (!state) return std::nullopt;
  const auto missing = static_cast<std::int32_t>(*state >> 32);
  if (missing < 0) return std::nullopt;
  return LockRecord{.missing = static_cast<std::uint32_t>(missing)};
}

std::vector<AddressRange> awaited_lock_memory(const Runtime& runtime) {
  std::vector<AddressRange> out;
  for_each_semaphore_waiter(runtime, try_list_goroutines(runtime).size(), [&](const SemaphoreWaiter& waiter) {
    const std::uint64_t word = waiter.semaphore.value;
    if (word >= kMostLockBytes) out.push_back({Address(word - kMostLockBytes), Address(word + kMostLockBytes)});
  });
  return out;
}

}  // namespace holdfast::go
