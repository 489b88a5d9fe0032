// Goroutines in a select that would wait for ever if something were not there, as the fixed point says: timers, or the
// contexts that could be cancelled. What detectors of such have in common.
#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "detect/goroutine_words.h"
#include "graph/leaked_goroutines.h"
#include "view/goroutine_rows.h"

namespace holdfast::detect {

constexpr std::uint64_t kFewWaiting = 5;    // at one place: fewer are not worth a word
constexpr std::uint64_t kManyWaiting = 20;  // so many, made over the program's life, are hardly there on purpose

// Objects that only goroutines at one place hold, and that have finalizers or cleanups of the program's own: those of
// the standard library close files and connections, with which a goroutine may be at work for long.
struct HeldFromFinalizers {
  std::vector<ObjectId> objects;
  std::vector<RootId> specials;  // of each
};

// Returns them by the root of their group of goroutines.
std::map<RootId, HeldFromFinalizers> held_from_finalizers(const Evidence& evidence);

// Whether there is a place where so many wait in a select: else the question costs a search for nothing.
bool any_wait_in_selects(const Evidence& evidence);

// Goroutines at one place that may wait for ever.
struct WaitingGroup {
  const view::GoroutineGroup* group = nullptr;
  std::vector<GoroutineId> members;  // ascending
};

// Returns the groups that have enough of `candidates`, which ascend: the largest first, and only a few, since each is a
// question of its own.
std::vector<WaitingGroup> waiting_groups(const std::vector<view::GoroutineGroup>& groups,
                                         const std::vector<GoroutineId>& candidates);

// Returns the channels that pending timers send to, ascending.
std::vector<ObjectId> timed_channels(const Evidence& evidence);

// Asks what if `wake_ups` did not wake the members, and drops the members that somebody else can wake. Others still are
// woken by whatever wakes them: who could end the members may tick, or wait for the same context.
graph::LeakedGoroutines ask_without(const Evidence& evidence, const std::vector<ObjectId>& wake_ups,
                                    WaitingGroup& waiting);

// Appends that the members wait, with what only they hold by `without`, the answer to the question; strong if they are
// many and were made one after another. Returns null if they are too few. `how_long` and `because` are as of
// suspect_blocked().
Suspicion* suspect_waiting(const Evidence& evidence, const Detector& detector, const WaitingGroup& waiting,
                           const graph::LeakedGoroutines& without, std::string_view how_long, view::Sentence because,
                           std::vector<Suspicion>& out);

}  // namespace holdfast::detect
