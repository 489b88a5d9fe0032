// Goroutines that wait for locks in the heap which others have, and who has those locks in hand (detect/hands.h).
#pragma once

#include <vector>

#include "detect/detector.h"
#include "detect/hands.h"

namespace holdfast::detect {

// A goroutine that waits for a lock in the heap whose own words say that others have it.
struct LockWaiter {
  GoroutineId goroutine;
  const heap::AwaitedLock* lock = nullptr;
};

class LockHands {
 public:
  // It must outlive this.
  explicit LockHands(const Evidence& evidence);

  const std::vector<LockWaiter>& waiters() const { return waiters_; }  // ascending by goroutine
  // Null if it is no such waiter.
  const LockWaiter* waiter(GoroutineId goroutine) const;
  const std::vector<Hand>& of(ObjectId object_with_lock) const { return hands_.of(object_with_lock); }

 private:
  std::vector<LockWaiter> waiters_;
  Hands hands_;
};

// What the goroutine waits for, if it is a lock or a wait group; else null.
const heap::AwaitedLock* awaited_lock(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine);

// "a sync.Mutex in []main.Account", "the sync.RWMutex main.Account.mu" if its field is known.
view::Sentence lock_name(const Evidence& evidence, const heap::AwaitedLock& lock);

// Says what somebody does who has the lock in hand for which the goroutine waits. Empty if it waits for no lock, or
// nobody has it but others that wait for it.
view::Sentence words_of_hands(const Evidence& evidence, const LockHands& hands, GoroutineId waiter);

}  // namespace holdfast::detect
