#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "base/units.h"
#include "detect/connection_waits.h"
#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "detect/lock_hands.h"
#include "detect/who_could_wake.h"
#include "view/goroutine_rows.h"

namespace holdfast::detect::goroutines_blocked {
namespace {

using view::Confidence;
using view::GoroutineRow;
using view::sentence;

constexpr std::uint64_t kMany = 20;
constexpr std::uint64_t kCrowd = 200;       // at a lock
constexpr std::uint64_t kManyOthers = 100;  // that sleep or wait for the network, as one of each connection does
constexpr std::uint64_t kLeastShare = 5;    // of the live bytes, if they wait for the network: a fifth

// Up to Go 1.20 the runtime calls a wait for any lock a semaphore's.
bool waits_for_lock(WaitReason reason) {
  return reason == WaitReason::kMutexLock || reason == WaitReason::kRwMutexLock ||
         reason == WaitReason::kRwMutexRLock || reason == WaitReason::kSemacquire;
}

// Each tick or sleep begins its wait anew, and where little else makes goroutines their ids are close to each other.
bool are_many_by_time(const Evidence& e, const GoroutineRow& row, std::span<const GoroutineId> members,
                      WhoCouldWake& who) {
  if (row.count < kManyOthers || row.retained_bytes * kLeastShare < e.live) return false;
  return row.wait_reason == WaitReason::kSleep ||
         (row.wait_reason == WaitReason::kChanReceive && row.channels.element == "time.Time") ||
         (row.wait_reason == WaitReason::kSelect && who.wake_by_time_alone(members));
}

// What shows that they gather.
struct Gathering {
  Ages ages;
  bool is_crowd = false;       // at a lock
  bool by_time = false;        // time alone wakes them
  std::optional<Hand> behind;  // who has what they wait for in hand, for ever
  std::optional<ConnectionKeepers> keepers;

  bool is_held_up() const { return behind || keepers; }
  explicit operator bool() const { return ages.over_time || is_crowd || by_time || is_held_up(); }
};

Gathering gathering_of(const Evidence& e, const GoroutineRow& row, std::span<const GoroutineId> members,
                       WhoCouldWake& who, std::uint64_t highest) {
  const bool at_lock = waits_for_lock(row.wait_reason);
  Gathering found{.ages = ages_of(e.snapshot, members, highest),
                  .is_crowd = row.count >= kCrowd && at_lock,
                  .by_time = are_many_by_time(e, row, members, who),
                  .behind = {},
                  .keepers = connection_keepers(e, members)};
  if (at_lock || row.wait_reason == WaitReason::kWaitGroupWait) found.behind = who.leaked_hand(members);
  return found;
}

view::Sentence words_of(const Evidence& e, const Gathering& found, std::uint64_t highest) {
  if (found.behind) {
    view::Sentence words = hand_text(e, *found.behind, sentence("what they wait for"));
    words += sentence(", for ever, as is proven");
    return words;
  }
  if (found.keepers)
    return sentence("{} that wait for ever, as is proven, have connections of the same pool: {} at {}",
                    format_count(found.keepers->count, "goroutine"),
                    found.keepers->count == 1 ? "it is" : "the first is",
                    view::named(e.names.top_frame(e.snapshot.goroutines[found.keepers->first.row])));
  if (found.ages.over_time) {
    view::Sentence words = found.ages.words(highest);
    words += sentence(", and none of them has ended");
    return words;
  }
  return found.by_time
             ? sentence(
                   "each wakes by itself and waits again, so nobody else ends them; a look with --since tells whether "
                   "more come")
             : sentence("so many gather at a lock only where nobody unlocks it, or somebody holds it for long");
}

std::string how_long(const Evidence& e, const Gathering& found) {
  if (found.behind)
    return fmt::format("behind goroutine {}, which waits for ever",
                       e.snapshot.goroutines[found.behind->goroutine.row].goid);
  if (found.keepers)
    return fmt::format("behind {} that nobody gives back", format_count(found.keepers->count, "connection"));
  return found.by_time ? "that time alone wakes" : "and more come";
}

// Empty if it is the usual one.
view::Sentence fix_of(const Evidence& e, const Gathering& found) {
  if (found.behind)
    return sentence("let goroutine {} go on, which has what they wait for: its wait is at fault",
                    e.snapshot.goroutines[found.behind->goroutine.row].goid);
  if (found.keepers)
    return sentence(
        "close the Rows, and end the transactions, that have the connections on every way out, as with defer");
  return found.by_time ? sentence("let each of them end when its owner goes: select on a context as well")
                       : view::Sentence();
}

bool may_wait_for_ever(const Evidence& e, const GoroutineRow& row) {
  if (waits_for_others(row.wait_reason)) return true;
  if (row.count < kManyOthers) return false;
  return row.wait_reason == WaitReason::kSleep ||
         (row.wait_reason == WaitReason::kIoWait && row.retained_bytes * kLeastShare >= e.live);
}

view::Sentence words_of_wakers(const Evidence& e, const LockHands& hands, WhoCouldWake& who, const GoroutineRow& row,
                               std::span<const GoroutineId> members) {
  view::Sentence words = words_of_hands(e, hands, members.front());
  if (words.empty() && waits_for_others(row.wait_reason)) words = who.words(members);
  return words;
}

void find_blocked(const Evidence& e, std::vector<Suspicion>& out) {
  const std::uint64_t highest = highest_goid(e.snapshot);
  std::vector<view::GoroutineGroup> groups;
  WhoCouldWake who(e);
  const LockHands hands(e);
  for (const GoroutineRow& row : e.report.goroutines) {
    if (row.leaked > 0 || row.system || row.count < kMany || !may_wait_for_ever(e, row) || !are_worth_a_word(e, row))
      continue;
    if (groups.empty()) groups = view::goroutine_groups(e.snapshot, e.dominators, true);
    const auto group = std::ranges::find(groups, row.root, &view::GoroutineGroup::root);
    if (group == groups.end() || group->members.size() != row.count) continue;
    const Gathering found = gathering_of(e, row, group->members, who, highest);
    if (!found) continue;
    view::Sentence because = words_of(e, found, highest);
    if (row.longest_waiting_ns > 0)
      because += sentence("; one has waited for {} at least", duration(row.longest_waiting_ns));
    if (const view::Sentence words = words_of_wakers(e, hands, who, row, group->members);
        !found.is_held_up() && !words.empty())
      because += sentence("; {}", words);
    Suspicion& suspicion = suspect_blocked(e, kDetector, row, {row.count, row.retained_bytes, row.stack_bytes},
                                           how_long(e, found), because, Confidence::kPossible, out);
    if (view::Sentence fix = fix_of(e, found); !fix.empty()) suspicion.finding.fix = std::move(fix);
    if (found.behind) suspicion.behind = found.behind->goroutine;
    if (found.keepers) suspicion.behind = found.keepers->first;
    suspicion.removal.nodes = {row.root};
    suspicion.is_danger = true;
    suspicion.is_general = !found.is_held_up();  // library-goroutines may say what they are
  }
}

constexpr Threshold kThresholds[] = {
    {"20 goroutines at one place that wait for others, or 100 that sleep, with 1 MiB or 1 % of the live bytes "
     "together; a quarter of that if they are 100; a fifth of the live bytes for 100 that wait for the network",
     "fewer are not worth a word"},
    {"ids over four times as many as they are, from early to late; or waits that began in the order of the ids, over "
     "several collections; or 200 that wait for a lock, or 100 that time alone wakes, with a fifth of the live bytes; "
     "or who "
     "has the lock or wait group in hand, or a connection of the sql.DB, is leaked",
     "a pool of workers was made in one go, and the requests of a busy moment are all young; but no pool waits at a "
     "lock"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "goroutines-blocked",
              .family = "goroutines",
              .looks_for = "goroutines that gather at one place: made one after another, and none goes on",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "many at one place that wait for others, sleep or wait for the network, whose ids show "
                            "that they were made over the "
                            "program's life; who could wake them is still there, so it may be so on purpose, as of one "
                            "goroutine for each connection"},
              .thresholds = kThresholds,
              .change = "let the wait end, or bound how many of them there are"},
    .run = find_blocked};

}  // namespace holdfast::detect::goroutines_blocked
