#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "detect/lock_hands.h"
#include "graph/shortest_ways.h"
#include "heap/plumbing.h"

namespace holdfast::detect::stuck_locks {
namespace {

using view::Confidence;
using view::Finding;
using view::named;
using view::Sentence;
using view::sentence;

constexpr std::uint64_t kLongNs = 1'000'000'000;
constexpr std::uint64_t kVeryLongNs = 60'000'000'000;
constexpr std::size_t kFewHeldUp = 5;  // goroutines
constexpr std::size_t kNear = 3;       // objects from a package variable to a lock

enum class Shape : std::uint8_t { kRing, kHeld, kReadAgain, kOwn, kForgotten };

// Goroutines that wait for locks which nobody but they have in hand.
struct Stuck {
  std::vector<GoroutineId> goroutines;  // ascending
  std::vector<GoroutineId> example;     // the ring; else one that waits
  Shape shape = Shape::kForgotten;
  FrameId above;               // of kReadAgain: the function further out that has the lock
  std::optional<Hand> holder;  // who has a lock in hand, and waits for something else; not one of `goroutines`
  bool holder_is_leaked = false;
  std::uint64_t longest_ns = 0;
  bool is_near = false;    // code could get at one of the locks from a package variable, and nobody is seen to have it
  bool is_leaked = false;  // all are proven never to go on
};

// A goroutine goes on as soon as one that goes on has the lock in hand, or may have locked it. What is left is stuck.
// Who has waited for others for long goes on as little as who is proven to wait for ever.
class Search {
 public:
  Search(const Evidence& e, const LockHands& hands) : e_(e), hands_(hands), stuck_(e.snapshot.goroutines.size()) {
    for (const LockWaiter& waiter : hands_.waiters()) {
      stuck_[waiter.goroutine.row] = true;
      if (!waiter.lock->object) at_variable_[waiter.lock->at].push_back(waiter.goroutine);
    }
    while (let_some_go()) {
    }
  }

  std::vector<Stuck> groups() {
    std::vector<Stuck> out;
    std::set<GoroutineId> seen;
    for (const LockWaiter& waiter : hands_.waiters()) {
      if (!stuck_[waiter.goroutine.row] || seen.contains(waiter.goroutine)) continue;
      Stuck group;
      collect(waiter.goroutine, seen, group.goroutines);
      std::ranges::sort(group.goroutines);
      describe(group);
      out.push_back(std::move(group));
    }
    return out;
  }

 private:
  bool is_leaked(GoroutineId id) const { return std::ranges::binary_search(e_.groundwork.leaked().goroutines, id); }
  bool stands(GoroutineId id) const {
    const heap::Goroutine& goroutine = e_.snapshot.goroutines[id.row];
    return is_leaked(id) || (waits_for_others(goroutine.wait_reason) && goroutine.waiting_ns.value_or(0) >= kLongNs);
  }
  bool let_some_go() {
    bool any = false;
    for (const LockWaiter& waiter : hands_.waiters()) {
      if (!stuck_[waiter.goroutine.row]) continue;
      const auto goes_on = [&](const Hand& hand) {
        return !stuck_[hand.goroutine.row] && (!stands(hand.goroutine) || !accuses(*waiter.lock, hand));
      };
      if (std::ranges::none_of(hands_.of(*waiter.lock), goes_on)) continue;
      stuck_[waiter.goroutine.row] = false;
      any = true;
    }
    return any;
  }

  // Of a lock in a package variable only who surely has it is said to.
  static bool accuses(const heap::AwaitedLock& lock, const Hand& hand) { return lock.object || hand.surely; }

  // All that are stuck with it, over the locks that they have in hand. Those that wait for one in a package variable
  // have not got it in hand as a rule.
  void collect(GoroutineId from, std::set<GoroutineId>& seen, std::vector<GoroutineId>& out) {
    std::vector<GoroutineId> todo{from};
    while (!todo.empty()) {
      const GoroutineId id = todo.back();
      todo.pop_back();
      if (!stuck_[id.row] || !seen.insert(id).second) continue;
      out.push_back(id);
      const heap::AwaitedLock& lock = *hands_.waiter(id)->lock;
      for (const Hand& hand : hands_.of(lock))
        if (accuses(lock, hand)) todo.push_back(hand.goroutine);
      const std::vector<GoroutineId> others =
          lock.object ? std::vector<GoroutineId>() : std::exchange(at_variable_[lock.at], {});
      todo.insert(todo.end(), others.begin(), others.end());
    }
  }

  void describe(Stuck& group) const {
    group.is_leaked = std::ranges::all_of(group.goroutines, [&](GoroutineId id) { return is_leaked(id); });
    for (const GoroutineId id : group.goroutines)
      group.longest_ns = std::max(group.longest_ns, e_.snapshot.goroutines[id.row].waiting_ns.value_or(0));
    for (const GoroutineId id : group.goroutines) {
      group.example = ring_from(id);
      if (!group.example.empty()) {
        group.shape = Shape::kRing;
        return;
      }
    }
    for (const GoroutineId id : group.goroutines) {
      const heap::AwaitedLock& lock = *hands_.waiter(id)->lock;
      const auto& hands = hands_.of(lock);
      const auto holder = std::ranges::find_if(
          hands, [&](const Hand& hand) { return !stuck_[hand.goroutine.row] && accuses(lock, hand); });
      if (holder == hands.end()) continue;
      group.shape = Shape::kHeld;
      group.example = {id};
      group.holder = *holder;
      group.holder_is_leaked = is_leaked(holder->goroutine);
      return;
    }
    for (const GoroutineId id : group.goroutines) {
      group.above = reads_again_below(id);
      if (!group.above) continue;
      group.shape = Shape::kReadAgain;
      group.example = {id};
      return;
    }
    const auto own = std::ranges::find_if(group.goroutines, [&](GoroutineId id) { return has_own_lock(id); });
    group.shape = own == group.goroutines.end() ? Shape::kForgotten : Shape::kOwn;
    group.example = {own == group.goroutines.end() ? group.goroutines.front() : *own};
  }

  // Some have the lock to read, a writer waits for these, and a method of the type with the lock asks to read it below
  // another one. Returns where that stands; none if it is not so.
  FrameId reads_again_below(GoroutineId id) const {
    const heap::Goroutine& goroutine = e_.snapshot.goroutines[id.row];
    const heap::AwaitedLock& lock = *hands_.waiter(id)->lock;
    if (lock.kind != heap::LockKind::kRwMutex || !lock.locked || lock.readers == 0 || !lock.object) return {};
    const std::string receiver = receiver_of(e_.names.type_of(lock.object));
    if (receiver.empty() || !has_own_lock(id)) return {};
    bool is_read = false;
    std::vector<FrameId> methods;
    for (std::uint32_t f = goroutine.first_frame; f < goroutine.first_frame + goroutine.frame_count; ++f) {
      const std::string_view function = e_.snapshot.strings[e_.snapshot.frames[f].function];
      is_read = is_read || function == "sync.(*RWMutex).RLock";
      if (function.starts_with(receiver)) methods.emplace_back(f);
    }
    return is_read && methods.size() > 1 ? methods.back() : FrameId();
  }

  // "example.com/app/store.(*Registry)." of example.com/app/store.Registry; empty if it is no such name.
  static std::string receiver_of(std::string_view type) {
    const std::size_t dot = type.find('.', type.rfind('/') == std::string_view::npos ? 0 : type.rfind('/'));
    if (dot == std::string_view::npos || type.find_first_of("[(*") != std::string_view::npos) return {};
    return fmt::format("{}.(*{}).", type.substr(0, dot), type.substr(dot + 1));
  }

  // From each to one that has its lock in hand and waits for another one; empty if no such way leads back.
  std::vector<GoroutineId> ring_from(GoroutineId start) const {
    std::vector<GoroutineId> way{start};
    std::set<GoroutineId> seen{start};
    while (true) {
      const heap::AwaitedLock& lock = *hands_.waiter(way.back())->lock;
      GoroutineId next;
      for (const Hand& hand : hands_.of(lock)) {
        const LockWaiter* other = hands_.waiter(hand.goroutine);
        if (other == nullptr || have_same_hands(*other->lock, lock) || !stuck_[hand.goroutine.row]) continue;
        if (!accuses(lock, hand)) continue;
        if (hand.goroutine == start && way.size() > 1) return way;
        if (!next && !seen.contains(hand.goroutine)) next = hand.goroutine;
      }
      if (!next) return {};
      seen.insert(next);
      way.push_back(next);
    }
  }

  // A function further out than the one that asks for the lock has it in hand, or has locked it.
  bool has_own_lock(GoroutineId id) const {
    const heap::Goroutine& goroutine = e_.snapshot.goroutines[id.row];
    const heap::Frame* const asks =
        heap::first_user_frame(e_.snapshot, heap::OwnerRules::built_in(), goroutine.first_frame, goroutine.frame_count);
    const auto& hands = hands_.of(*hands_.waiter(id)->lock);
    const auto own = std::ranges::find(hands, id, &Hand::goroutine);
    if (own != hands.end() && own->surely) return true;
    if (!hands_.waiter(id)->lock->object || asks == nullptr || own == hands.end() || !own->frame) return false;
    std::uint32_t physical = static_cast<std::uint32_t>(asks - e_.snapshot.frames.data());
    while (e_.snapshot.frames[physical].inlined && physical + 1 < goroutine.first_frame + goroutine.frame_count)
      ++physical;
    return own->frame.row > physical;
  }

  const Evidence& e_;
  const LockHands& hands_;
  std::vector<bool> stuck_;  // by GoroutineId
  std::map<Address, std::vector<GoroutineId>>
      at_variable_;  // those that wait for a lock there, until they are collected
};

Sentence title_of(const Stuck& stuck, std::uint64_t count) {
  const std::string who = format_count(count, "goroutine");
  const std::string_view wait = count == 1 ? "waits" : "wait";
  switch (stuck.shape) {
    case Shape::kRing:
      return sentence("{} {} for ever for locks that they keep from one another", who, wait);
    case Shape::kHeld:
      return sentence("{} {} for a lock, and who has it in hand waits for others", who, wait);
    case Shape::kReadAgain:
      return sentence("{} {} for ever for a lock that one of them asks to read below a function that has it in hand",
                      who, wait);
    case Shape::kOwn:
      return sentence("{} {} for ever for a lock that one of them has in hand already", who, wait);
    case Shape::kForgotten:
      return sentence("{} {} for ever for a lock that nobody is about to unlock", who, wait);
  }
  return {};
}

Sentence fix_for(Shape shape) {
  switch (shape) {
    case Shape::kRing:
      return sentence("lock in one order everywhere, or let go of one lock before the other is asked for");
    case Shape::kHeld:
      return sentence(
          "do not wait for others with a lock held: send or receive behind the Unlock, or select with a context as "
          "well "
          "that is cancelled");
    case Shape::kReadAgain:
      return sentence(
          "do not call RLock below a function that has called it: once a writer waits, the second one waits for the "
          "writer, which waits for the first; split the function in one that locks and one that works");
    case Shape::kOwn:
      return sentence(
          "do not lock again what a caller has locked: split the function in one that locks and one that works; if no "
          "caller has, unlock on every way out, as with defer");
    case Shape::kForgotten:
      return sentence("unlock on every way out of the function that locked, panics too, as with defer");
  }
  return {};
}

// "goroutine 18 at main.one a.go:7 waits for the sync.Mutex main.account.mu"
Sentence wait_text(const Evidence& e, const LockHands& hands, GoroutineId id) {
  const heap::Goroutine& goroutine = e.snapshot.goroutines[id.row];
  return sentence("goroutine {} at {} waits for {}", goroutine.goid, named(e.names.top_frame(goroutine)),
                  lock_name(e, *hands.waiter(id)->lock));
}

// What somebody has of the lock for which that goroutine waits.
std::string_view hold_text(const LockHands& hands, GoroutineId waiter) {
  return hands.waiter(waiter)->lock->object ? "in hand" : "locked";
}

Sentence because_of(const Evidence& e, const LockHands& hands, const Stuck& stuck) {
  Sentence out;
  const bool is_in_heap = static_cast<bool>(hands.waiter(stuck.example.front())->lock->object);
  for (std::size_t i = 0; i < stuck.example.size(); ++i) {
    if (i > 0) out += sentence(", which the next has {}: ", hold_text(hands, stuck.example[i - 1]));
    out += wait_text(e, hands, stuck.example[i]);
  }
  if (stuck.shape == Shape::kRing) out += sentence(", which the first has {}", hold_text(hands, stuck.example.back()));
  if (stuck.shape == Shape::kReadAgain)
    out += sentence(", below {}, which has it in hand; a writer waits for those who read",
                    named(e.names.frame(e.snapshot.frames[stuck.above.row])));
  if (stuck.shape == Shape::kOwn) {
    const auto& all = hands.of(*hands.waiter(stuck.example.front())->lock);
    const auto own = std::ranges::find(all, stuck.example.front(), &Hand::goroutine);
    out += sentence(", which it has {} at {} too", hold_text(hands, stuck.example.front()),
                    named(e.names.frame(e.snapshot.frames[own->frame.row])));
  }
  if (stuck.shape == Shape::kForgotten) out += sentence("; the lock says that it is locked");
  if (stuck.holder) out += sentence("; {}", hand_text(e, *stuck.holder, sentence("it")));
  if (stuck.holder_is_leaked) out += sentence(", for ever, as is proven");
  if (stuck.is_leaked)
    out += sentence("; nothing that can still run refers to what they wait for");
  else
    out += is_in_heap ? sentence("; nobody who can go on has what they wait for on its stack")
                      : sentence("; nobody who can go on has locked what they wait for, as its code tells");
  if (stuck.longest_ns > 0) out += sentence("; one has waited for {} at least", duration(stuck.longest_ns));
  return out;
}

// The places where they wait: faults in one part of the code are one fault.
std::vector<std::string> identity_of(const Evidence& e, const Stuck& stuck) {
  std::set<std::string> places;
  for (const GoroutineId id : stuck.goroutines)
    places.insert(e.names.top_frame(e.snapshot.goroutines[id.row]).function);
  return {places.begin(), places.end()};
}

std::optional<Confidence> confidence_of(const Stuck& stuck) {
  if (stuck.is_leaked) return Confidence::kProven;
  if (stuck.is_near) {
    const bool is_long = stuck.longest_ns >= (stuck.shape == Shape::kRing ? kLongNs : kVeryLongNs);
    return is_long ? std::optional(Confidence::kPossible) : std::nullopt;
  }
  const bool may_end = stuck.holder && !stuck.holder_is_leaked;  // who holds the lock may be woken
  const bool is_sure = !may_end || (stuck.longest_ns >= kVeryLongNs && stuck.goroutines.size() >= kFewHeldUp);
  return is_sure ? Confidence::kStrong : Confidence::kPossible;
}

void add(const Evidence& e, const LockHands& hands, const std::vector<Stuck>& alike, Confidence confidence,
         std::vector<Suspicion>& out) {
  const Stuck& first = alike.front();
  Suspicion& suspicion =
      suspect(out, kDetector, {wait_text(e, hands, first.example.front()).full, identity_of(e, first)}, confidence);
  Finding& finding = suspicion.finding;
  finding.goid = e.snapshot.goroutines[first.example.front().row].goid;
  for (const Stuck& stuck : alike) {
    finding.count += stuck.goroutines.size();
    for (const GoroutineId id : stuck.goroutines) {
      const heap::Goroutine& goroutine = e.snapshot.goroutines[id.row];
      suspicion.beyond += goroutine.stack.size();
      if (!goroutine.root) continue;
      suspicion.removal.nodes.emplace_back(goroutine.root);
      finding.exclusive_bytes += e.dominators.retained_bytes(goroutine.root);
    }
  }
  finding.bytes = finding.exclusive_bytes + suspicion.beyond;
  suspicion.is_danger = first.longest_ns >= kVeryLongNs;
  finding.title = title_of(first, finding.count);
  finding.because = because_of(e, hands, first);
  if (alike.size() > 1) finding.because += sentence("; {} such groups", format_count(alike.size()));
  finding.fix = fix_for(first.shape);
}

// How far each lock is from package variables. One that lies in a variable has rows of those who are seen to have it.
void find_near(const Evidence& e, const LockHands& hands, std::vector<Stuck>& groups) {
  graph::ReachOptions options{.use_root = {}, .without = records_of_waits(e), .without_pointers = {}};
  options.use_root = [&](RootId root) { return e.snapshot.roots[root.row].kind == heap::RootKind::kGlobal; };
  const graph::ShortestWays ways(e.snapshot, {}, options);
  for (Stuck& group : groups)
    for (const GoroutineId id : group.goroutines) {
      const ObjectId object = hands.waiter(id)->lock->object;
      const std::size_t way = object ? ways.way_to(object).size() : 0;
      const bool nobody_has_it = !object && group.shape == Shape::kForgotten;
      group.is_near = group.is_near || nobody_has_it || (way > 0 && way <= 1 + kNear);
    }
}

void find_stuck(const Evidence& e, std::vector<Suspicion>& out) {
  const LockHands hands(e);
  if (hands.waiters().empty()) return;
  std::vector<Stuck> groups = Search(e, hands).groups();
  std::erase_if(groups, [](const Stuck& group) { return group.longest_ns < kLongNs; });
  if (groups.empty()) return;
  find_near(e, hands, groups);
  std::map<std::pair<std::vector<std::string>, Confidence>, std::vector<Stuck>> by_place;
  for (Stuck& group : groups)
    if (const auto confidence = confidence_of(group))
      by_place[{identity_of(e, group), *confidence}].push_back(std::move(group));
  for (const auto& [place, alike] : by_place) add(e, hands, alike, place.second, out);
}

constexpr Threshold kThresholds[] = {
    {"one of them has waited for a second at least, as collections have seen", "who holds a lock may be at work"},
    {"a minute for a lock that code reaches from a package variable over three objects or fewer, unless they form a "
     "ring",
     "who holds such a lock need not have it in hand"},
    {"a minute, and 5 goroutines, where who has the lock in hand waits for others and could be woken",
     "it may wait for something slow"}};

}  // namespace

const Detector kDetector = {
    .facts =
        {.id = "stuck-locks",
         .family = "goroutines",
         .looks_for = "locks that nobody unlocks: rings, locks taken twice or held while waiting, a missing Unlock",
         .needs = {.proven = "all of them are leaked, as the graph proves (goroutine-leak)",
                   .strong = "a lock says that it is locked, and everybody on whose stack something leads to it "
                             "waits for it, for a lock of which the same is true, or has waited for others for "
                             "long; a least fixed point. Of a lock in a package variable machine code tells who has "
                             "locked it and where, on whatever way",
                   .possible = "the same of a lock that code may reach in other ways, from a package variable"},
         .thresholds = kThresholds,
         .change =
             "lock in one order, do not lock twice or wait for others with a lock held, and unlock on every way out"},
    .run = find_stuck};

}  // namespace holdfast::detect::stuck_locks
