#include "detect/lock_hands.h"

#include <algorithm>
#include <utility>

#include "heap/field_path.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::detect {
namespace {

using heap::LockHold;
using heap::LockHolder;
using heap::LockKind;
using view::named;
using view::Sentence;
using view::sentence;

bool says_that_others_have_it(const heap::AwaitedLock& lock) {
  return lock.known && (lock.locked || lock.readers > 0) && lock.kind != LockKind::kWaitGroup;
}

// Of a lock in a package variable it must be known who has it.
bool can_be_told(const heap::Snapshot& snapshot, GoroutineId waiter, const heap::AwaitedLock& lock) {
  if (!says_that_others_have_it(lock)) return false;
  if (lock.object) return true;
  const auto& holders = snapshot.lock_holders;
  auto holder = std::ranges::lower_bound(holders, std::pair(lock.at, waiter), {},
                                         [](const LockHolder& each) { return std::pair(each.lock, each.goroutine); });
  for (; holder != holders.end() && holder->lock == lock.at && holder->goroutine == waiter; ++holder)
    if (holder->hold == LockHold::kAsks) return true;
  return false;
}

std::vector<LockWaiter> find_waiters(const heap::Snapshot& snapshot) {
  std::vector<LockWaiter> out;
  for (std::uint32_t g = 0; !snapshot.awaited_locks.empty() && g < snapshot.goroutines.size(); ++g) {
    const heap::AwaitedLock* const lock = awaited_lock(snapshot, snapshot.goroutines[g]);
    if (lock != nullptr && can_be_told(snapshot, GoroutineId(g), *lock)) out.push_back({GoroutineId(g), lock});
  }
  return out;
}

std::vector<ObjectId> objects_of(const std::vector<LockWaiter>& waiters) {
  std::vector<ObjectId> out;
  for (const LockWaiter& waiter : waiters)
    if (waiter.lock->object) out.push_back(waiter.lock->object);
  return out;
}

// What is surest of each goroutine.
std::map<Address, std::vector<Hand>> find_holders(const heap::Snapshot& snapshot) {
  std::map<Address, std::vector<Hand>> out;
  for (const LockHolder& holder : snapshot.lock_holders) {
    if (holder.hold == LockHold::kAsks) continue;
    std::vector<Hand>& hands = out[holder.lock];
    const Hand hand{holder.goroutine, holder.frame, holder.hold == LockHold::kSurely};
    if (hands.empty() || hands.back().goroutine != hand.goroutine)
      hands.push_back(hand);
    else if (hand.surely)
      hands.back() = hand;
  }
  return out;
}

}  // namespace

LockHands::LockHands(const Evidence& evidence)
    : waiters_(find_waiters(evidence.snapshot)),
      hands_(evidence, objects_of(waiters_)),
      of_variables_(find_holders(evidence.snapshot)) {}

const LockWaiter* LockHands::waiter(GoroutineId goroutine) const {
  const auto found = std::ranges::lower_bound(waiters_, goroutine, {}, &LockWaiter::goroutine);
  return found == waiters_.end() || found->goroutine != goroutine ? nullptr : &*found;
}

const std::vector<Hand>& LockHands::of(const heap::AwaitedLock& lock) const {
  static const std::vector<Hand> kNone;
  if (lock.object) return hands_.of(lock.object);
  const auto found = of_variables_.find(lock.at);
  return found == of_variables_.end() ? kNone : found->second;
}

bool have_same_hands(const heap::AwaitedLock& a, const heap::AwaitedLock& b) {
  return a.object || b.object ? a.object == b.object : a.at == b.at;
}

const heap::AwaitedLock* awaited_lock(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine) {
  if (goroutine.state != heap::GoroutineState::kWaiting && goroutine.state != heap::GoroutineState::kLeaked)
    return nullptr;
  const auto& locks = snapshot.awaited_locks;
  const auto lock = std::ranges::lower_bound(locks, goroutine.waits_on, {}, &heap::AwaitedLock::semaphore);
  return lock == locks.end() || lock->semaphore != goroutine.waits_on ? nullptr : &*lock;
}

Sentence lock_name(const Evidence& evidence, const heap::AwaitedLock& lock) {
  if (!lock.object) {
    if (!lock.label) return sentence("a {} in a package variable", view::name_of(lock.kind));
    const heap::Label& label = evidence.snapshot.labels[lock.label.row];
    const Sentence variable{view::variable_text(evidence.snapshot, label, view::Detail::kFull),
                            view::variable_text(evidence.snapshot, label, view::Detail::kBrief)};
    return sentence("the {} {}", view::name_of(lock.kind), variable);
  }
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
  for (const Hand& hand : hands.of(*own->lock)) {
    const LockWaiter* const other = hands.waiter(hand.goroutine);
    if (hand.goroutine == waiter || (other != nullptr && have_same_hands(*other->lock, *own->lock))) continue;
    if (!own->lock->object && !hand.surely) continue;
    return hand_text(evidence, hand, lock_name(evidence, *own->lock));
  }
  return {};
}

}  // namespace holdfast::detect
