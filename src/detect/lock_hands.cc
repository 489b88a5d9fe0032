#include "detect/lock_hands.h"

#include <algorithm>

#include "heap/field_path.h"
#include "view/words.h"

namespace holdfast::detect {
namespace {

using heap::LockKind;
using view::named;
using view::Sentence;
using view::sentence;

bool says_that_others_have_it(const heap::AwaitedLock& lock) {
  return lock.object && lock.known && (lock.locked || lock.readers > 0) && lock.kind != LockKind::kWaitGroup;
}

std::vector<LockWaiter> find_waiters(const heap::Snapshot& snapshot) {
  std::vector<LockWaiter> out;
  for (std::uint32_t g = 0; !snapshot.awaited_locks.empty() && g < snapshot.goroutines.size(); ++g) {
    const heap::AwaitedLock* const lock = awaited_lock(snapshot, snapshot.goroutines[g]);
    if (lock != nullptr && says_that_others_have_it(*lock)) out.push_back({GoroutineId(g), lock});
  }
  return out;
}

std::vector<ObjectId> objects_of(const std::vector<LockWaiter>& waiters) {
  std::vector<ObjectId> out;
  for (const LockWaiter& waiter : waiters) out.push_back(waiter.lock->object);
  return out;
}

}  // namespace

LockHands::LockHands(const Evidence& evidence)
    : waiters_(find_waiters(evidence.snapshot)), hands_(evidence, objects_of(waiters_)) {}

const LockWaiter* LockHands::waiter(GoroutineId goroutine) const {
  const auto found = std::ranges::lower_bound(waiters_, goroutine, {}, &LockWaiter::goroutine);
  return found == waiters_.end() || found->goroutine != goroutine ? nullptr : &*found;
}

const heap::AwaitedLock* awaited_lock(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine) {
  if (goroutine.state != heap::GoroutineState::kWaiting && goroutine.state != heap::GoroutineState::kLeaked)
    return nullptr;
  const auto& locks = snapshot.awaited_locks;
  const auto lock = std::ranges::lower_bound(locks, goroutine.waits_on, {}, &heap::AwaitedLock::semaphore);
  return lock == locks.end() || lock->semaphore != goroutine.waits_on ? nullptr : &*lock;
}

Sentence lock_name(const Evidence& evidence, const heap::AwaitedLock& lock) {
  const std::string type = evidence.names.type_of(lock.object);
  if (type.empty() || type == view::name_of(lock.kind)) return sentence("a {}", view::name_of(lock.kind));
  const Address start = evidence.names.index().address_of(lock.object) +
                        evidence.snapshot.spans[evidence.names.index().find_span(lock.object).row].header;
  const auto is_lock = [&](TypeId part) { return view::type_name(evidence.snapshot, part).starts_with("sync."); };
  const heap::FieldPath path = heap::field_path(
      evidence.snapshot, evidence.snapshot.object_type[lock.object.row].type(), lock.at - start, 0, is_lock);
  if (!path.is_named || !path.text.starts_with('.'))
    return sentence("a {} in {}", view::name_of(lock.kind), named(type));
  return sentence("the {} {}{}", view::name_of(lock.kind), named(type), path.text);
}

Sentence words_of_hands(const Evidence& evidence, const LockHands& hands, GoroutineId waiter) {
  const LockWaiter* const own = hands.waiter(waiter);
  if (own == nullptr) return {};
  for (const Hand& hand : hands.of(own->lock->object)) {
    const LockWaiter* const other = hands.waiter(hand.goroutine);
    if (hand.goroutine == waiter || (other != nullptr && other->lock->object == own->lock->object)) continue;
    return hand_text(evidence, hand, lock_name(evidence, *own->lock));
  }
  return {};
}

}  // namespace holdfast::detect
