#include "graph/leak_causes.h"

#include <algorithm>
#include <utility>

#include "base/cancel.h"
#include "base/huge_array.h"
#include "heap/object_index.h"

namespace holdfast::graph {
namespace {

using heap::Snapshot;
using heap::WakeUp;

constexpr std::size_t kMostGroups = 64;
constexpr std::uint64_t kMostVisits = 100'000'000;  // of objects, by all groups together

// Who of the leaked would go on if some of them did, over what the leaked hold: what others reach wakes none of them.
class WakeFlood {
 public:
  WakeFlood(const Snapshot& snapshot, const LeakedGoroutines& leaked)
      : snapshot_(snapshot),
        leaked_(leaked),
        index_(snapshot),
        seen_(leaked.held.size()),
        is_watched_(leaked.held.size()),
        roots_of_(snapshot.goroutines.size()) {
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
      if (const GoroutineId goroutine = snapshot.roots[r].goroutine; goroutine && is_leaked(goroutine))
        roots_of_[goroutine.row].emplace_back(r);
    for (const WakeUp& wake_up : snapshot.wake_ups)
      if (is_leaked(wake_up.goroutine)) watch(wake_up);
    std::ranges::sort(on_stacks_);
    std::ranges::sort(waiters_);
  }

  // Returns all who would go on, those that are given among them; by GoroutineId.
  std::vector<bool> run(std::span<const GoroutineId> goroutines) {
    goes_on_.assign(snapshot_.goroutines.size(), false);
    woken_.assign(goroutines.begin(), goroutines.end());
    while (!woken_.empty() || !work_.empty()) {
      if (work_.empty()) {
        const GoroutineId goroutine = woken_.back();
        woken_.pop_back();
        let_go(goroutine);
        continue;
      }
      const std::uint32_t object = work_.back();
      work_.pop_back();
      if (++visits_ % kVisitsBetweenLooks == 0) throw_if_cancelled();
      if (object >= snapshot_.pointerful) continue;
      for (const std::uint32_t edge : snapshot_.edges.of(object)) enter(ObjectId(snapshot_.edges.target[edge]));
    }
    for (const std::uint32_t object : std::exchange(entered_, {}))
      seen_[object / 64] &= ~(std::uint64_t{1} << (object % 64));
    return goes_on_;
  }

 private:
  using OnStack = std::pair<GoroutineId, GoroutineId>;  // on whose stack it lies, who waits for it
  using Waiter = std::pair<ObjectId, GoroutineId>;
  static constexpr std::uint64_t kVisitsBetweenLooks = 1 << 20;

  bool is_leaked(GoroutineId id) const { return std::ranges::binary_search(leaked_.goroutines, id); }
  ObjectId record_of(GoroutineId id) const { return index_.find_object(snapshot_.goroutines[id.row].g); }

  // The queue of what is waited for leads to the records of those who wait, but who finds them there has not got what
  // they have: they count as seen.
  void watch(const WakeUp& wake_up) {
    for (const ObjectId record : {wake_up.record, record_of(wake_up.goroutine)})
      if (record) heap::set_bit(seen_, record.row);
    if (wake_up.stack) on_stacks_.emplace_back(wake_up.stack, wake_up.goroutine);
    if (!wake_up.object) return;
    waiters_.emplace_back(wake_up.object, wake_up.goroutine);
    heap::set_bit(is_watched_, wake_up.object.row);
  }

  void let_go(GoroutineId goroutine) {
    if (goes_on_[goroutine.row]) return;
    goes_on_[goroutine.row] = true;
    for (const RootId id : roots_of_[goroutine.row]) {
      const heap::Root& root = snapshot_.roots[id.row];
      for (std::uint32_t i = 0; i < root.target_count; ++i) enter(snapshot_.root_targets[root.first_target + i].object);
    }
    if (const ObjectId record = record_of(goroutine)) work_.push_back(record.row);
    for (const WakeUp& own : std::ranges::equal_range(snapshot_.wake_ups, goroutine, {}, &WakeUp::goroutine))
      if (own.record) work_.push_back(own.record.row);
    for (const auto& [stack, waiter] : std::ranges::equal_range(on_stacks_, goroutine, {}, &OnStack::first))
      woken_.push_back(waiter);
  }

  void enter(ObjectId object) {
    if (!heap::test_bit(leaked_.held, object.row) || heap::test_bit(seen_, object.row)) return;
    heap::set_bit(seen_, object.row);
    entered_.push_back(object.row);
    work_.push_back(object.row);
    if (!heap::test_bit(is_watched_, object.row)) return;
    for (const auto& [awaited, waiter] : std::ranges::equal_range(waiters_, object, {}, &Waiter::first))
      woken_.push_back(waiter);
  }

  const Snapshot& snapshot_;
  const LeakedGoroutines& leaked_;
  const heap::ObjectIndex index_;
  HugeArray<std::uint64_t> seen_;        // a bit per object
  HugeArray<std::uint64_t> is_watched_;  // a bit per object
  std::vector<OnStack> on_stacks_;       // ascending
  std::vector<Waiter> waiters_;          // ascending
  std::vector<std::vector<RootId>> roots_of_;
  std::vector<bool> goes_on_;
  std::vector<GoroutineId> woken_;
  std::vector<std::uint32_t> work_;     // objects whose pointers are to be followed
  std::vector<std::uint32_t> entered_;  // objects whose bit in `seen_` is to be cleared
  std::uint64_t visits_ = 0;
};

// How much of each group would go on if another one did.
enum class Woken : std::uint8_t { kNone, kSome, kAll };

Woken how_many(std::span<const GoroutineId> group, const std::vector<bool>& goes_on) {
  const auto count =
      static_cast<std::size_t>(std::ranges::count_if(group, [&](GoroutineId id) -> bool { return goes_on[id.row]; }));
  return count == 0 ? Woken::kNone : count < group.size() ? Woken::kSome : Woken::kAll;
}

// By group that goes on, then by group that is woken.
class WokenTable {
 public:
  WokenTable(const Snapshot& snapshot, const LeakedGoroutines& leaked,
             std::span<const std::vector<GoroutineId>> groups) {
    WakeFlood flood(snapshot, leaked);
    for (const auto& actors : groups) {
      const std::vector<bool> goes_on = flood.run(actors);
      std::vector<Woken>& row = rows_.emplace_back();
      for (const auto& group : groups) row.push_back(how_many(group, goes_on));
    }
  }

  // Whether each of the one could be woken by the other, and that one by none of them.
  bool hangs_on(std::size_t group, std::size_t other) const {
    return group != other && rows_[other][group] == Woken::kAll && rows_[group][other] == Woken::kNone;
  }
  bool is_the_cause(std::size_t cause, std::size_t of) const {
    if (!hangs_on(of, cause)) return false;
    for (std::size_t other = 0; other < rows_.size(); ++other)
      if (other != of && other != cause && rows_[other][of] != Woken::kNone && !hangs_on(other, cause)) return false;
    return true;
  }

 private:
  std::vector<std::vector<Woken>> rows_;
};

}  // namespace

std::vector<std::optional<std::uint32_t>> causes_of_leaks(const Snapshot& snapshot, const LeakedGoroutines& leaked,
                                                          std::span<const std::vector<GoroutineId>> groups) {
  std::vector<std::optional<std::uint32_t>> causes(groups.size());
  const bool is_little = groups.size() <= kMostGroups && leaked.held_objects * groups.size() <= kMostVisits;
  if (groups.size() < 2 || leaked.held_objects == 0 || !is_little) return causes;
  const WokenTable table(snapshot, leaked, groups);
  for (std::uint32_t group = 0; group < groups.size(); ++group)
    for (std::uint32_t other = 0; other < groups.size(); ++other)
      if (table.is_the_cause(other, group)) causes[group] = other;
  return causes;
}

}  // namespace holdfast::graph
