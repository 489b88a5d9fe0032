#include <algorithm>
#include <set>

#include "base/units.h"
#include "detect/detector_list.h"
#include "graph/removals.h"

namespace holdfast::detect::timers_pending {
namespace {

using heap::Timer;
using heap::TimerKind;
using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kManyTickers = 100, kManyTimers = 1000;
constexpr std::int64_t kSoonNs = 60'000'000'000;

// Tickers, or timers that send once and are not due soon.
enum class Sort : std::uint8_t { kTickers, kTimers };

bool is_of(const Timer& timer, Sort sort) {
  if (timer.kind != TimerKind::kChannel || timer.stopped || !timer.object || timer.goroutine) return false;
  if (sort == Sort::kTickers) return timer.period_ns > 0;
  return timer.period_ns == 0 && timer.due_known && timer.due_in_ns >= kSoonNs;
}

// The pointers of the processors' lists to timers of a sort, and of the timers the objects.
struct Listed {
  graph::Removal removal;
  std::vector<ObjectId> objects;  // ascending, each once
};

Listed listed(const Evidence& e, Sort sort) {
  Listed out;
  for (const Timer& timer : e.snapshot.timers)
    if (is_of(timer, sort) && e.dominators.reachable(timer.object)) out.objects.push_back(timer.object);
  std::ranges::sort(out.objects);
  out.objects.erase(std::ranges::unique(out.objects).begin(), out.objects.end());
  for (const heap::Actor& actor : e.snapshot.actors) {
    if (actor.kind != heap::ActorKind::kTimerList || actor.object.row >= e.snapshot.pointerful) continue;
    for (const std::uint32_t edge : e.snapshot.edges.of(actor.object.row)) {
      const ObjectId target(e.snapshot.edges.target[edge]);
      if (std::ranges::binary_search(out.objects, target)) out.removal.pointers.emplace_back(actor.object, target);
    }
  }
  return out;
}

// Those that nothing but the lists leads to.
std::vector<ObjectId> abandoned(const Evidence& e, const Listed& timers) {
  std::vector<std::vector<ObjectId>> subjects;
  for (const ObjectId object : timers.objects) subjects.push_back({object});
  const graph::RemovalEffects effects = graph::removal_effects(e.snapshot, e.dominators, {timers.removal}, subjects);
  std::vector<ObjectId> out;
  for (std::size_t i = 0; i < subjects.size(); ++i)
    if (effects.bytes_of(i, 0) > 0) out.push_back(timers.objects[i]);
  return out;
}

void find_of(const Evidence& e, Sort sort, std::vector<Suspicion>& out) {
  const std::uint64_t many = sort == Sort::kTickers ? kManyTickers : kManyTimers;
  const Listed timers = listed(e, sort);
  if (timers.objects.size() < many || timers.removal.pointers.empty()) return;
  const std::vector<ObjectId> left = abandoned(e, timers);
  if (left.size() < many) return;
  const bool ticks = sort == Sort::kTickers;
  Suspicion& suspicion = suspect(out, kDetector, {ticks ? "time.Ticker" : "time.Timer", {ticks ? "ticker" : "timer"}},
                                 Confidence::kStrong);
  suspicion.removal.nodes.assign(left.begin(), left.end());
  Finding& finding = suspicion.finding;
  for (const ObjectId object : left) finding.bytes += e.dominators.retained_bytes(object);
  finding.exclusive_bytes = finding.bytes;
  finding.count = left.size();
  const std::string count = format_count(left.size(), ticks ? "ticker" : "timer");
  finding.title = ticks ? sentence("{} tick on for ever, and nobody refers to them any more", count)
                        : sentence("{} wait until they are due, and nobody refers to them any more", count);
  finding.because = sentence(
      "the runtime's lists of timers are all that leads to them, and before Go 1.23 it keeps what was not stopped");
  finding.fix = ticks ? sentence("call Stop on each ticker when it is not needed any more, as with defer")
                      : sentence("use time.NewTimer and Stop it on every way out, instead of time.After; or a context");
  take_places(e, left, finding);
  finding.chain = e.places.place_of(left[left.size() / 2]).chain;
}

void find_pending(const Evidence& e, std::vector<Suspicion>& out) {
  find_of(e, Sort::kTickers, out);
  find_of(e, Sort::kTimers, out);
}

constexpr Threshold kThresholds[] = {{"100 tickers, or 1,000 timers that are due in a minute or later",
                                      "a few do no harm, and timers end by themselves"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "timers-pending",
              .family = "channels, timers, contexts",
              .looks_for = "timers and tickers that were dropped without a Stop",
              .needs = {.proven = {},
                        .strong = "many that send to a channel, and that nothing but the runtime's lists leads to "
                                  "(before Go 1.23, and up to 1.26 with a go line before it)",
                        .possible = {}},
              .thresholds = kThresholds,
              .change = "Stop what is not needed any more; time.After in a loop makes a timer each time"},
    .run = find_pending};

}  // namespace holdfast::detect::timers_pending
