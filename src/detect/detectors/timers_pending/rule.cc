#include <algorithm>
#include <optional>
#include <span>
#include <utility>

#include "base/units.h"
#include "detect/detector_list.h"
#include "graph/removals.h"
#include "view/allocation_sites.h"

namespace holdfast::detect::timers_pending {
namespace {

using heap::Timer;
using heap::TimerKind;
using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kManyTickers = 100, kManyTimers = 1000;
constexpr std::int64_t kSoonNs = 60'000'000'000;
constexpr std::uint64_t kEnoughSamples = 5;  // of one place

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

// Some of the timers, and where samples say that these were made; nothing of that if they do not tell them apart.
struct Made {
  std::span<const ObjectId> timers;
  std::optional<view::AllocationSites> at;
};

// The samples of the timers and their channels.
std::optional<view::AllocationSites> places_of(const Evidence& e, const std::vector<ObjectId>& timers) {
  std::vector<ObjectId> objects = timers;
  for (const Timer& timer : e.snapshot.timers)
    if (timer.argument && std::ranges::binary_search(timers, timer.object)) objects.push_back(timer.argument);
  std::ranges::sort(objects);
  const view::AllocationSamples samples(e.names, e.dominators.columns().sizes);
  return std::move(samples
                       .by_group(1,
                                 [&](ObjectId object) {
                                   return std::ranges::binary_search(objects, object)
                                              ? 0
                                              : view::AllocationSamples::kNoGroup;
                                 })
                       .front());
}

// Of a timer without a sample nobody knows who made it, so they are dealt out by the shares of the places.
std::vector<Made> by_maker(const std::vector<ObjectId>& timers, std::optional<view::AllocationSites> sites,
                           std::uint64_t many) {
  std::vector<Made> out;
  std::size_t dealt = 0;
  for (const view::AllocationPlace& place : sites ? sites->places : std::vector<view::AllocationPlace>()) {
    const std::uint64_t count = timers.size() * place.sampled / sites->sampled;
    if (place.sampled < kEnoughSamples || count < many) continue;
    out.push_back({std::span(timers).subspan(dealt, count),
                   view::AllocationSites{
                       .sampled = place.sampled, .estimate = place.estimate, .places = {place}, .place_count = 1}});
    dealt += count;
  }
  if (out.size() < 2) return {{timers, std::nullopt}};
  if (timers.size() - dealt >= many) out.push_back({std::span(timers).subspan(dealt), std::nullopt});
  return out;
}

void add(const Evidence& e, Sort sort, const Made& made, bool is_all, std::vector<Suspicion>& out) {
  const bool ticks = sort == Sort::kTickers;
  std::vector<std::string> identity{ticks ? "ticker" : "timer"};
  if (made.at) identity.push_back(made.at->places.front().place.function);
  Suspicion& suspicion = suspect(out, kDetector, {ticks ? "time.Ticker" : "time.Timer", identity}, Confidence::kStrong);
  suspicion.removal.nodes.assign(made.timers.begin(), made.timers.end());
  Finding& finding = suspicion.finding;
  for (const ObjectId object : made.timers) finding.bytes += e.dominators.retained_bytes(object);
  finding.exclusive_bytes = finding.bytes;
  finding.count = made.timers.size();
  const std::string count = (is_all ? "" : "about ") + format_count(made.timers.size(), ticks ? "ticker" : "timer");
  finding.title = ticks ? sentence("{} tick on for ever, and nobody refers to them any more", count)
                        : sentence("{} wait until they are due, and nobody refers to them any more", count);
  finding.because = sentence(
      "the runtime's lists of timers are all that leads to them, and before Go 1.23 it keeps what was not stopped");
  finding.fix = ticks ? sentence("call Stop on each ticker when it is not needed any more, as with defer")
                      : sentence("use time.NewTimer and Stop it on every way out, instead of time.After; or a context");
  if (is_all) take_places(e, made.timers, finding);
  if (made.at) {
    finding.because += sentence("; {} say that so many were made at {}", format_count(made.at->sampled, "sample"),
                                view::named(made.at->places.front().place));
    finding.allocated_at = made.at;
  }
  finding.chain = e.places.place_of(made.timers[made.timers.size() / 2]).chain;
}

void find_of(const Evidence& e, Sort sort, std::vector<Suspicion>& out) {
  const std::uint64_t many = sort == Sort::kTickers ? kManyTickers : kManyTimers;
  const Listed timers = listed(e, sort);
  if (timers.objects.size() < many || timers.removal.pointers.empty()) return;
  const std::vector<ObjectId> left = abandoned(e, timers);
  if (left.size() < many) return;
  const std::vector<Made> makers = by_maker(left, places_of(e, left), many);
  for (const Made& made : makers) add(e, sort, made, makers.size() == 1, out);
}

void find_pending(const Evidence& e, std::vector<Suspicion>& out) {
  find_of(e, Sort::kTickers, out);
  find_of(e, Sort::kTimers, out);
}

constexpr Threshold kThresholds[] = {
    {"100 tickers, or 1,000 timers that are due in a minute or later",
     "a few do no harm, and timers end by themselves"},
    {"5 samples of each place, for a finding of its own", "fewer do not tell how many a place has made"}};

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
