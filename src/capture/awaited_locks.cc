#include "capture/awaited_locks.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "capture/roots.h"
#include "go/lock_record.h"
#include "heap/label_writer.h"

namespace holdfast::capture {
namespace {

using go::LockWait;
using heap::LockKind;

heap::LockKind kind_of(LockWait wait) {
  if (wait == LockWait::kMutex) return LockKind::kMutex;
  return wait == LockWait::kWaitGroup ? LockKind::kWaitGroup : LockKind::kRwMutex;
}

class LockPass {
 public:
  LockPass(const go::Runtime& runtime, const go::Symbols& symbols, const heap::ObjectIndex& index,
           heap::Snapshot& snapshot)
      : runtime_(runtime),
        symbols_(symbols),
        index_(index),
        snapshot_(snapshot),
        reader_(runtime),
        labels_(snapshot.labels) {}

  void run() {
    auto& locks = snapshot_.awaited_locks;
    for (const heap::Goroutine& goroutine : snapshot_.goroutines)
      if (const auto wait = wait_of(goroutine)) locks.push_back(row_of(goroutine.waits_on, *wait));
    std::ranges::sort(locks);
    const auto again = std::ranges::unique(locks, {}, &heap::AwaitedLock::semaphore);
    locks.erase(again.begin(), again.end());
  }

 private:
  static bool may_wait_for_lock(const heap::Goroutine& goroutine) {
    switch (goroutine.wait_reason) {
      case WaitReason::kSemacquire:
      case WaitReason::kMutexLock:
      case WaitReason::kRwMutexRLock:
      case WaitReason::kRwMutexLock:
      case WaitReason::kWaitGroupWait:
        return goroutine.waits_on && !goroutine.system;
      default:
        return false;
    }
  }

  // A sync.RWMutex has a mutex inside, for which one writer waits while another has it.
  std::optional<LockWait> wait_of(const heap::Goroutine& goroutine) const {
    if (!may_wait_for_lock(goroutine)) return std::nullopt;
    bool is_mutex = false;
    for (std::uint32_t f = 0; f < goroutine.frame_count; ++f) {
      const std::string_view function = snapshot_.strings[snapshot_.frames[goroutine.first_frame + f].function];
      if (function == "sync.(*WaitGroup).Wait") return LockWait::kWaitGroup;
      if (function == "sync.(*RWMutex).RLock") return LockWait::kRwMutexRead;
      if (function == "sync.(*RWMutex).Lock") return is_mutex ? LockWait::kRwMutexTurn : LockWait::kRwMutexWrite;
      is_mutex = is_mutex || function.ends_with("sync.(*Mutex).lockSlow") || function == "sync.(*Mutex).Lock";
      if (is_mutex && !function.starts_with("sync.") && !function.starts_with("internal/sync.")) break;
    }
    return is_mutex ? std::optional(LockWait::kMutex) : std::nullopt;
  }

  heap::AwaitedLock row_of(Address semaphore, LockWait wait) {
    heap::AwaitedLock row{.semaphore = semaphore, .at = reader_.lock_at(semaphore, wait), .kind = kind_of(wait)};
    row.object = index_.find_object(semaphore);
    if (const auto record = row.at ? reader_.read(row.at, wait) : std::nullopt) {
      row.known = true;
      row.locked = record->locked;
      row.readers = record->readers;
      row.missing = record->missing;
    }
    const auto holds = [&](const go::Module& module) {
      return module.data.contains(row.at) || module.bss.contains(row.at) || module.noptrdata.contains(row.at) ||
             module.noptrbss.contains(row.at);
    };
    if (row.at && std::ranges::any_of(runtime_.modules, holds))
      row.label = labels_.add(variable_label(runtime_, symbols_, row.at, snapshot_.strings).first);
    return row;
  }

  const go::Runtime& runtime_;
  const go::Symbols& symbols_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  const go::LockReader reader_;
  heap::LabelWriter labels_;
};

}  // namespace

void add_awaited_locks(const go::Runtime& runtime, const go::Symbols& symbols, const heap::ObjectIndex& index,
                       heap::Snapshot& snapshot) {
  LockPass(runtime, symbols, index, snapshot).run();
}

}  // namespace holdfast::capture
