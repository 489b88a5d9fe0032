// Locks and wait groups that goroutines wait for, and what their own words say of who still has them.
#pragma once

#include <compare>
#include <cstdint>

#include "base/address.h"
#include "base/ids.h"

namespace holdfast::heap {

enum class LockKind : std::uint8_t { kUnknown, kMutex, kRwMutex, kWaitGroup };

// One sync.Mutex, sync.RWMutex or sync.WaitGroup (Go 1.19-1.27). Two words of a sync.RWMutex can be waited for, so it
// may have several rows. Of a live target the words of locks that share their object with no pointer are copied only
// while goroutines wait for them, as here.
struct AwaitedLock {
  Address semaphore = {};  // that goroutines wait for: their Goroutine::waits_on
  Address at = {};         // where the lock begins
  ObjectId object = {};    // in which it lies; none outside of the heap
  LabelId label = {};      // of the package variable in which it lies, if it does
  LockKind kind = LockKind::kUnknown;
  bool known = false;         // its words could be read, so that what follows is right
  bool locked = false;        // a mutex, or the writers' side of a sync.RWMutex: somebody has it, or waits for readers
  std::uint32_t readers = 0;  // of a sync.RWMutex: those that have it to read and did not give it back
  std::uint32_t missing = 0;  // of a sync.WaitGroup: calls of Done

  auto operator<=>(const AwaitedLock&) const = default;
};

}  // namespace holdfast::heap
