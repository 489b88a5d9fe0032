#include <algorithm>
#include <set>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/what_if.h"

namespace holdfast::detect::alive_by_timer {
namespace {

using view::sentence;

// Goroutines that only a timer can wake, though they wait for something else as well: for what would end them.
std::vector<GoroutineId> kept_by_timers(const Evidence& e, const graph::LeakedGoroutines& without) {
  std::set<ObjectId> timed;  // the channels that pending timers send to
  for (const heap::Actor& actor : e.snapshot.actors)
    if (actor.kind == heap::ActorKind::kTimer) timed.insert(actor.object);
  std::vector<GoroutineId> out;
  for (const GoroutineId id : without.goroutines) {
    if (std::ranges::binary_search(e.groundwork.leaked().goroutines, id)) continue;
    bool has_timer = false, has_other = false;
    for (const heap::WakeUp& wake_up :
         std::ranges::equal_range(e.snapshot.wake_ups, id, {}, &heap::WakeUp::goroutine)) {
      has_timer = has_timer || timed.contains(wake_up.object);
      has_other = has_other || (wake_up.object && !timed.contains(wake_up.object));
    }
    if (has_timer && has_other) out.push_back(id);
  }
  return out;
}

void add_group(const Evidence& e, const view::GoroutineGroup& group, const std::vector<GoroutineId>& kept,
               const graph::LeakedGoroutines& without, std::vector<Suspicion>& out) {
  std::vector<GoroutineId> members;
  std::ranges::copy_if(group.members, std::back_inserter(members),
                       [&](GoroutineId id) { return std::ranges::binary_search(kept, id); });
  Suspicion* const suspicion =
      suspect_waiting(e, kDetector, group, members, without, "that only timers wake",
                      sentence("timers wake them, and nobody refers to what would end them any more"), out);
  if (suspicion == nullptr) return;
  suspicion->finding.fix = sentence("stop each at {} when its owner goes: close or cancel what it selects on",
                                    view::named(e.names.top_frame(*group.first)));
}

void find_kept(const Evidence& e, std::vector<Suspicion>& out) {
  if (!any_wait_in_selects(e)) return;
  const graph::LeakedGoroutines without =
      graph::find_leaked_goroutines(e.snapshot, graph::reachability(e.dominators),
                                    {.without_timers = true, .without_wake_ups = {}, .without_objects = {}});
  const std::vector<GoroutineId> kept = kept_by_timers(e, without);
  if (kept.size() < kFewWaiting) return;
  const std::map<RootId, HeldFromFinalizers> finalizers = held_from_finalizers(e);  // finalizer-of-worker says more
  for (const view::GoroutineGroup& group : view::goroutine_groups(e.snapshot, e.dominators, true)) {
    const auto held = finalizers.find(group.root);
    if (held == finalizers.end() || held->second.objects.size() < kFewWaiting) add_group(e, group, kept, without, out);
  }
}

constexpr Threshold kThresholds[] = {
    {"5 goroutines at one place, 20 that were made over the program's life for a strong one",
     "a program has a few that tick for as long as it runs, and need nobody to stop them"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "alive-by-timer",
              .family = "goroutines",
              .looks_for = "goroutines that tick on though their owner is gone",
              .needs = {.proven = {},
                        .strong = "in a select, everything but the channel of a timer is held by nobody who can act, "
                                  "as the graph proves; many of them, made one after another",
                        .possible = "the same of a few, or of those that were made in one go"},
              .thresholds = kThresholds,
              .change = "stop the goroutine when its owner goes: keep what stops it, and close or cancel it"},
    .run = find_kept};

}  // namespace holdfast::detect::alive_by_timer
