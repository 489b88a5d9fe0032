// Goroutines that wait for locks which others have, and who has those locks: in hand, if they lie in the heap
// (detect/hands.h); as machine code says, if they lie in package variables (heap::LockHolder).
#pragma once

#include <map>
#include <vector>

#include "detect/detector.h"
#include "detect/hands.h"

namespace holdfast::detect {

// A goroutine that waits for a lock whose own words say that others have it.
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
  // Each goroutine that may have the lock, once, ascending; those that wait for it as well.
  const std::vector<Hand>& of(const heap::AwaitedLock& lock) const;

 private:
  std::vector<LockWaiter> waiters_;
  Hands hands_;
  std::map<Address, std::vector<Hand>> of_variables_;  // by the start of the lock
};

// What the goroutine waits for, if it is a lock or a wait group; else null.
const heap::AwaitedLock* awaited_lock(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine);
// Whether who has the one in hand has the other one in hand.
bool have_same_hands(const heap::AwaitedLock& a, const heap::AwaitedLock& b);

// "a sync.Mutex in []main.Account", "the sync.RWMutex main.Account.mu" if its field is known, "the sync.Mutex main.mu".
view::Sentence lock_name(const Evidence& evidence, const heap::AwaitedLock& lock);

// Says what somebody does who has the lock in hand for which the goroutine waits. Empty if it waits for no lock, or
// nobody has it but others that wait for it.
view::Sentence words_of_hands(const Evidence& evidence, const LockHands& hands, GoroutineId waiter);

}  // namespace holdfast::detect
