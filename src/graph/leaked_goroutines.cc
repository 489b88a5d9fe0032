#include "graph/leaked_goroutines.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/loss.h"
#include "graph/breadth_first.h"
#include "graph/object_sizes.h"
#include "heap/object_index.h"
#include "heap/plumbing.h"

namespace holdfast::graph {
namespace {

using heap::ActorKind;
using heap::RootKind;
using heap::Snapshot;
using heap::WakeUp;

}  // namespace

class LeakSearch::FixedPoint {
 public:
  FixedPoint(const Snapshot& snapshot, LeakQuestion question)
      : snapshot_(snapshot),
        question_(std::move(question)),
        index_(snapshot),
        search_(snapshot),
        is_watched_((std::uint64_t{snapshot.objects} + 63) / 64),
        waits_(snapshot.goroutines.size()),
        roots_of_(snapshot.goroutines.size()),
        has_acted_(snapshot.roots.size()) {
    for (const WakeUp& wake_up : snapshot_.wake_ups) waits_[wake_up.goroutine.row] = true;
    candidates_ = waiting_ = static_cast<std::uint64_t>(std::ranges::count(waits_, true));
    if (candidates_ == 0) return;
    close_records();
    watch();
    enter_roots();
    for (const heap::Actor& actor : snapshot_.actors)
      if (counts(actor)) enter(actor.object);
    follow(Until::kNobodyWaits);
  }

  std::vector<GoroutineId> goroutines(const Reachability& reached) {
    if (candidates_ == 0) return {};
    act_on_dropped(reached, Until::kNobodyWaits);
    return waiting();
  }

  LeakedGoroutines all(const Reachability& reached) {
    LeakedGoroutines result;
    result.candidates = candidates_;
    if (candidates_ == 0) return result;
    act_on_dropped(reached, Until::kNothingIsLeft);
    result.goroutines = waiting();
    count_held(reached, result);
    return result;
  }

 private:
  enum class Until : std::uint8_t { kNobodyWaits, kNothingIsLeft };

  // What happens when an object is entered: its waiter can go on, or the special that depends on it can act.
  struct Watched {
    ObjectId object;
    GoroutineId waiter;
    RootId special;

    auto operator<=>(const Watched&) const = default;
  };

  bool counts(const heap::Actor& actor) const {
    return actor.kind != ActorKind::kTimerList && !(question_.without_timers && actor.kind == ActorKind::kTimer);
  }

  bool counts(const WakeUp& wake_up) const {
    const std::vector<GoroutineId>& goroutines = question_.for_goroutines;
    return !std::ranges::binary_search(question_.without_wake_ups, wake_up.object) ||
           (!goroutines.empty() && !std::ranges::binary_search(goroutines, wake_up.goroutine));
  }

  ObjectId record_of(std::uint32_t goroutine) const { return index_.find_object(snapshot_.goroutines[goroutine].g); }

  // A closed object is not entered.
  void close(ObjectId object) {
    if (object) heap::set_bit(search_.seen(), object.row);
  }
  void open(ObjectId object) {
    if (object) search_.seen()[object.row / 64] &= ~(std::uint64_t{1} << (object.row % 64));
  }

  // The runtime knows every goroutine, and every queue has its waiters: that it can reach a record does not mean that
  // somebody can act on it.
  void close_records() {
    for (std::uint32_t g = 0; g < waits_.size(); ++g)
      if (waits_[g]) close(record_of(g));
    for (const WakeUp& wake_up : snapshot_.wake_ups) close(wake_up.record);
    for (const heap::Actor& actor : snapshot_.actors)
      if (actor.kind == ActorKind::kTimerList) close(actor.object);
    for (const ObjectId object : question_.without_objects) close(object);
  }

  // Whether the root counts only if something else does.
  static bool depends(const heap::Root& root) {
    return root.about &&
           (root.kind == RootKind::kFinalizer || root.kind == RootKind::kCleanup || root.kind == RootKind::kWeakHandle);
  }

  // Finalizers and cleanups run once their object is dropped: as long as only goroutines that stand still hold it, they
  // cannot. A weak pointer gives its object back to those who have it.
  void watch() {
    for (const WakeUp& wake_up : snapshot_.wake_ups) {
      if (!counts(wake_up)) continue;
      if (wake_up.object) watched_.push_back({wake_up.object, wake_up.goroutine, {}});
      if (wake_up.stack) on_stacks_.emplace_back(wake_up.stack, wake_up.goroutine);
    }
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      if (!depends(root)) continue;
      if (root.kind != RootKind::kWeakHandle) watched_.push_back({root.about, {}, RootId(r)});
      for (std::uint32_t i = 0; root.kind == RootKind::kWeakHandle && i < root.target_count; ++i)
        watched_.push_back({snapshot_.root_targets[root.first_target + i].object, {}, RootId(r)});
    }
    std::ranges::sort(watched_);
    std::ranges::sort(on_stacks_);
    for (const Watched& each : watched_) heap::set_bit(is_watched_, each.object.row);
  }

  // The candidate that runs the program's finalizers; none if that goroutine is no candidate.
  GoroutineId finalizer_runner() const {
    for (std::uint32_t g = 0; g < waits_.size(); ++g)
      if (waits_[g] && heap::is_below(snapshot_, snapshot_.goroutines[g], heap::kFinalizerLoops)) return GoroutineId(g);
    return {};
  }

  void enter_roots() {
    // While it waits in a finalizer, none of those that are due can act.
    const GoroutineId runner = finalizer_runner();
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      if (root.goroutine && waits_[root.goroutine.row])
        roots_of_[root.goroutine.row].emplace_back(r);
      else if (root.kind == RootKind::kFinalizerQueue && runner)
        roots_of_[runner.row].emplace_back(r);
      else if (!depends(root))
        enter_targets(root);
    }
    for (const auto& [stack, goroutine] : on_stacks_)
      if (!waits_[stack.row]) woken_.push_back(goroutine);
  }

  void enter(ObjectId object) {
    if (search_.enter(object.row)) note(object.row);
  }
  void enter_targets(const heap::Root& root) {
    for (std::uint32_t i = 0; i < root.target_count; ++i) enter(snapshot_.root_targets[root.first_target + i].object);
  }

  void note(std::uint32_t object) {
    if (!heap::test_bit(is_watched_, object)) return;
    for (const Watched& each : std::ranges::equal_range(watched_, ObjectId(object), {}, &Watched::object)) {
      if (each.waiter) woken_.push_back(each.waiter);
      if (each.special) acting_.push_back(each.special);
    }
  }

  // What is not reached is about to be dropped, so its finalizers and cleanups can run. It only lets more go on, so it
  // does not matter when this is said.
  void act_on_dropped(const Reachability& reached, Until until) {
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      const bool is_of_goroutine = root.goroutine && waits_[root.goroutine.row];
      if (!is_of_goroutine && depends(root) && root.kind != RootKind::kWeakHandle && !reached.contains(root.about))
        act(RootId(r));
    }
    follow(until);
  }

  // Follows everything from everybody who can act. Each goroutine is let go once, and each special acts once. They do
  // as soon as they are found, so that the search can end when nobody waits any more.
  void follow(Until until) {
    const auto nobody_is_found = [&] { return woken_.empty() && acting_.empty(); };
    while (until == Until::kNothingIsLeft || waiting_ > 0) {
      search_.run_while([&](std::uint32_t object, std::uint32_t) { note(object); },
                        [](std::uint32_t, std::uint32_t) { return true; }, nobody_is_found);
      if (nobody_is_found()) return;
      for (const GoroutineId goroutine : std::exchange(woken_, {})) let_go(goroutine);
      for (const RootId special : std::exchange(acting_, {})) act(special);
    }
  }

  std::vector<GoroutineId> waiting() const {
    std::vector<GoroutineId> goroutines;
    for (std::uint32_t g = 0; g < waits_.size(); ++g)
      if (waits_[g]) goroutines.emplace_back(g);
    return goroutines;
  }

  void let_go(GoroutineId goroutine) {
    if (!waits_[goroutine.row]) return;
    waits_[goroutine.row] = false;
    --waiting_;
    for (const RootId root : roots_of_[goroutine.row]) enter_targets(snapshot_.roots[root.row]);
    const auto enter_closed = [&](ObjectId record) {
      open(record);
      if (record) enter(record);
    };
    enter_closed(record_of(goroutine.row));
    for (const WakeUp& own : std::ranges::equal_range(snapshot_.wake_ups, goroutine, {}, &WakeUp::goroutine))
      enter_closed(own.record);
    for (const auto& [stack, waiter] : std::ranges::equal_range(on_stacks_, goroutine, {}, &OnStack::first))
      woken_.push_back(waiter);
  }

  void act(RootId special) {
    if (has_acted_[special.row]) return;
    has_acted_[special.row] = true;
    const heap::Root& root = snapshot_.roots[special.row];
    enter(root.about);
    if (root.kind != RootKind::kWeakHandle) enter_targets(root);
  }

  // What is left of what the roots reach. Stopped timers, which do not lead to anybody who acts, are held by their
  // list, and what waits for its finalizer by that queue.
  void count_held(const Reachability& reached, LeakedGoroutines& result) {
    for (const heap::Root& root : snapshot_.roots)
      if (root.kind == RootKind::kFinalizerQueue) enter_targets(root);
    for (const heap::Actor& actor : snapshot_.actors) {
      if (actor.kind != ActorKind::kTimerList) continue;
      open(actor.object);
      search_.enter(actor.object.row);
    }
    search_.run();
    for (const WakeUp& wake_up : snapshot_.wake_ups)
      if (waits_[wake_up.goroutine.row]) open(wake_up.record);
    result.held = HugeArray<std::uint64_t>(reached.bits.size());
    for (std::uint64_t w = 0; w < reached.bits.size(); ++w) result.held[w] = reached.bits[w] & ~search_.seen()[w];
    const ObjectTotals totals = ObjectSizes(snapshot_).totals_of(result.held);
    result.held_objects = totals.objects;
    result.held_bytes = totals.bytes;
  }

  using OnStack = std::pair<GoroutineId, GoroutineId>;  // on whose stack it lies, who waits for it

  const Snapshot& snapshot_;
  LeakQuestion question_;
  const heap::ObjectIndex index_;
  BreadthFirst search_;
  std::vector<Watched> watched_;         // ascending
  HugeArray<std::uint64_t> is_watched_;  // a bit per object
  std::vector<OnStack> on_stacks_;       // ascending
  std::vector<bool> waits_;              // by GoroutineId: a candidate of which nothing says yet that it can go on
  std::uint64_t candidates_ = 0;
  std::uint64_t waiting_ = 0;                  // true ones of waits_
  std::vector<std::vector<RootId>> roots_of_;  // of candidates
  std::vector<bool> has_acted_;                // by RootId
  std::vector<GoroutineId> woken_;
  std::vector<RootId> acting_;
};

namespace {

// Labels each held object with the one group that reaches it, or as shared. A label changes twice at most.
class GroupFlood {
 public:
  GroupFlood(const Snapshot& snapshot, const LeakedGoroutines& leaked)
      : snapshot_(snapshot), leaked_(leaked), index_(snapshot), label_(snapshot.objects) {
    roots_of_.resize(snapshot.goroutines.size());
    for (std::uint32_t r = 0; r < snapshot.roots.size(); ++r)
      if (const GoroutineId goroutine = snapshot.roots[r].goroutine) roots_of_[goroutine.row].emplace_back(r);
  }

  void flood(std::uint32_t group, std::span<const GoroutineId> members) {
    const std::uint32_t label = group + kFirstGroup;
    for (const GoroutineId goroutine : members) {
      for (const RootId id : roots_of_[goroutine.row]) {
        const heap::Root& root = snapshot_.roots[id.row];
        for (std::uint32_t i = 0; i < root.target_count; ++i)
          enter(snapshot_.root_targets[root.first_target + i].object, label);
      }
      if (const ObjectId record = index_.find_object(snapshot_.goroutines[goroutine.row].g))
        enter_targets(record, label);
      for (const WakeUp& own : std::ranges::equal_range(snapshot_.wake_ups, goroutine, {}, &WakeUp::goroutine))
        if (own.record) enter(own.record, label);
    }
    while (!work_.empty()) {
      const auto [object, carried] = work_.back();
      work_.pop_back();
      enter_targets(object, carried);
    }
  }

  std::vector<HeldByGroup> sums(std::size_t groups) const {
    std::vector<HeldByGroup> out(groups);
    ObjectSizes(snapshot_).for_each_run(0, snapshot_.objects,
                                        [&](std::uint64_t first, std::uint64_t end, std::uint64_t slot_size) {
                                          for (std::uint64_t row = first; row < end; ++row) {
                                            if (label_[row] < kFirstGroup) continue;
                                            ++out[label_[row] - kFirstGroup].objects;
                                            out[label_[row] - kFirstGroup].bytes += slot_size;
                                          }
                                        });
    return out;
  }

 private:
  static constexpr std::uint32_t kNobody = 0, kShared = 1, kFirstGroup = 2;

  void enter_targets(ObjectId source, std::uint32_t label) {
    if (source.row >= snapshot_.pointerful) return;
    const heap::Edges& edges = snapshot_.edges;
    for (const std::uint32_t e : edges.of(source.row)) enter(ObjectId(edges.target[e]), label);
  }
  void enter(ObjectId object, std::uint32_t label) {
    std::uint32_t& own = label_[object.row];
    if (own == label || own == kShared || !heap::test_bit(leaked_.held, object.row)) return;
    own = own == kNobody ? label : kShared;
    work_.emplace_back(object, own);
  }

  const Snapshot& snapshot_;
  const LeakedGoroutines& leaked_;
  const heap::ObjectIndex index_;
  HugeArray<std::uint32_t> label_;  // by ObjectId
  std::vector<std::vector<RootId>> roots_of_;
  std::vector<std::pair<ObjectId, std::uint32_t>> work_;
};

}  // namespace

LeakSearch::LeakSearch(const Snapshot& snapshot, LeakQuestion question) {
  if (std::ranges::none_of(snapshot.losses, may_hide_holders))
    search_ = std::make_unique<FixedPoint>(snapshot, std::move(question));
}
LeakSearch::~LeakSearch() = default;

std::vector<GoroutineId> LeakSearch::goroutines(const Reachability& reached) {
  return search_ == nullptr ? std::vector<GoroutineId>() : search_->goroutines(reached);
}

LeakedGoroutines LeakSearch::all(const Reachability& reached) {
  return search_ == nullptr ? LeakedGoroutines() : search_->all(reached);
}

LeakedGoroutines find_leaked_goroutines(const Snapshot& snapshot, const Reachability& reached,
                                        const LeakQuestion& question) {
  return LeakSearch(snapshot, question).all(reached);
}

std::vector<HeldByGroup> held_by_groups(const Snapshot& snapshot, const LeakedGoroutines& leaked,
                                        std::span<const std::vector<GoroutineId>> groups) {
  if (leaked.held_objects == 0) return std::vector<HeldByGroup>(groups.size());
  GroupFlood flood(snapshot, leaked);
  for (std::uint32_t g = 0; g < groups.size(); ++g) flood.flood(g, groups[g]);
  return flood.sums(groups.size());
}

}  // namespace holdfast::graph
