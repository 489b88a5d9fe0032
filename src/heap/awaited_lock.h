// Locks and wait groups that goroutines wait for, and what their own words and code say of who still has them.
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

enum class LockHold : std::uint8_t {
  kAsks,     // it waits for it
  kPerhaps,  // it may have locked it
  kSurely,   // it has locked it on every way to where it stands, and unlocked it on none
};

// What the machine code of a function that stands on a stack says of a lock in a package variable, whose address no
// stack need have. A lock for which goroutines wait has rows if code asks for it by its address wherever they wait, and
// hands that address to nobody else; then who has no row does not have it, as far as code tells.
struct LockHolder {
  Address lock = {};  // AwaitedLock::at
  GoroutineId goroutine = {};
  FrameId frame = {};  // of the function; none if only words on the stack say that it may have the lock
  LockHold hold = LockHold::kAsks;

  auto operator<=>(const LockHolder&) const = default;
};

}  // namespace holdfast::heap
