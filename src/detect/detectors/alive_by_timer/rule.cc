#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/what_if.h"

namespace holdfast::detect::alive_by_timer {
namespace {

using view::sentence;

// Goroutines that only timers can wake, if all others that timers wake are left out as well, though they wait for
// something else: for what would end them. Ascending.
std::vector<GoroutineId> kept_by_timers(const Evidence& e, const std::vector<ObjectId>& timed) {
  const graph::Reachability reached = graph::reachability(e.dominators);
  std::vector<GoroutineId> out;
  for (const GoroutineId id : graph::LeakSearch(e.snapshot, {.without_timers = true}).goroutines(reached)) {
    if (std::ranges::binary_search(e.groundwork.leaked().goroutines, id)) continue;
    bool has_timer = false, has_other = false;
    for (const heap::WakeUp& wake_up :
         std::ranges::equal_range(e.snapshot.wake_ups, id, {}, &heap::WakeUp::goroutine)) {
      const bool is_timer = std::ranges::binary_search(timed, wake_up.object);
      has_timer = has_timer || is_timer;
      has_other = has_other || (wake_up.object && !is_timer);
    }
    if (has_timer && has_other) out.push_back(id);
  }
  return out;
}

void add_group(const Evidence& e, const std::vector<ObjectId>& timed, WaitingGroup waiting,
               std::vector<Suspicion>& out) {
  const graph::LeakedGoroutines without = ask_without(e, timed, waiting);
  Suspicion* const suspicion =
      suspect_waiting(e, kDetector, waiting, without, "that only timers wake",
                      sentence("timers wake them, and nobody refers to what would end them any more"), out);
  if (suspicion == nullptr) return;
  suspicion->finding.fix = sentence("stop each at {} when its owner goes: close or cancel what it selects on",
                                    view::named(e.names.top_frame(*waiting.group->first)));
}

void find_kept(const Evidence& e, std::vector<Suspicion>& out) {
  if (!any_wait_in_selects(e)) return;
  const std::vector<ObjectId> timed = timed_channels(e);
  const std::vector<GoroutineId> kept = kept_by_timers(e, timed);
  if (kept.size() < kFewWaiting) return;
  const std::map<RootId, HeldFromFinalizers> finalizers = held_from_finalizers(e);  // finalizer-of-worker says more
  const std::vector<view::GoroutineGroup> groups = view::goroutine_groups(e.snapshot, e.dominators, true);
  for (WaitingGroup& waiting : waiting_groups(groups, kept)) {
    const auto held = finalizers.find(waiting.group->root);
    if (held == finalizers.end() || held->second.objects.size() < kFewWaiting)
      add_group(e, timed, std::move(waiting), out);
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
