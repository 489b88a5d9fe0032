#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::goal_above_heap {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::int64_t kHighPercent = 200;
constexpr std::uint64_t kShare = 4;  // garbage is a quarter of the heap

// A high GOGC lets garbage grow to several times what lives. That is a choice, and no leak.
void find_high_goal(const Evidence& e, std::vector<Suspicion>& out) {
  const heap::Pace& pace = e.snapshot.pace;
  const std::uint64_t garbage = e.report.heap.bytes - e.live;
  const std::uint64_t goal = e.snapshot.account.next_gc;
  if (!pace.known || pace.gc_percent < kHighPercent || goal >= view::kNoCollection || garbage < e.smallest ||
      garbage < e.report.heap.bytes / kShare)
    return;
  Suspicion& suspicion = suspect(out, kDetector, {"GOGC", {}}, Confidence::kPossible);
  suspicion.beyond = garbage;
  Finding& finding = suspicion.finding;
  finding.bytes = garbage;
  finding.count = e.report.heap.objects - e.report.heap.reachable_objects;
  finding.title = sentence("{} of garbage wait for a collection, which comes at {}: GOGC is {}", format_bytes(garbage),
                           format_bytes(goal), pace.gc_percent);
  finding.because = sentence("{} live, so the goal lets the heap grow to {:.1f} times of that; it is no leak",
                             format_bytes(e.live), static_cast<double>(goal) / static_cast<double>(e.live));
  finding.fix = sentence("lower GOGC, or set GOMEMLIMIT, if the memory matters more than the processor time");
}

constexpr Threshold kThresholds[] = {
    {"GOGC=200 or more", "with 100, which is the default, as much garbage as lives is usual"},
    {"garbage of a quarter of the heap, and 1 MiB or 1 % of the live bytes", "less says little of the setting"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "goal-above-heap",
              .family = "runtime and operating system",
              .looks_for = "garbage that a high GOGC lets gather",
              .needs = {.proven = {}, .strong = {}, .possible = "a high GOGC, and much garbage; it may be a choice"},
              .thresholds = kThresholds,
              .change = "lower GOGC, or set GOMEMLIMIT"},
    .run = find_high_goal};

}  // namespace holdfast::detect::goal_above_heap
