#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::collector_off {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

void find_uncollected(const Evidence& e, std::vector<Suspicion>& out) {
  const std::uint64_t garbage = e.report.heap.bytes - e.live;
  if (e.snapshot.account.next_gc < view::kNoCollection || garbage < e.smallest) return;
  Suspicion& suspicion = suspect(out, kDetector, {"GOGC", {}}, Confidence::kStrong);
  suspicion.beyond = garbage;
  Finding& finding = suspicion.finding;
  finding.bytes = garbage;
  finding.count = e.report.heap.objects - e.report.heap.reachable_objects;
  finding.title = sentence("{} of garbage wait for a collection that does not come", format_bytes(garbage));
  finding.because =
      sentence("the collector is switched off (GOGC=off) and there is no memory limit that would start it");
  finding.fix = sentence("set GOGC or GOMEMLIMIT, or call runtime.GC where the program can afford it");
}

}  // namespace

constexpr Threshold kThresholds[] = {{"garbage of 1 MiB, or 1 % of the live bytes if that is more",
                                      "a batch job that ends before it has garbage to speak of does well without"}};

const Detector kDetector = {
    .facts = {.id = "collector-off",
              .family = "runtime and operating system",
              .looks_for = "garbage that waits for a collection that does not come",
              .needs = {.proven = {},
                        .strong = "GOGC=off, no memory limit that would start a collection, and garbage",
                        .possible = {}},
              .thresholds = kThresholds,
              .change = "set GOGC or GOMEMLIMIT, or call runtime.GC where the program can afford it"},
    .run = find_uncollected};

}  // namespace holdfast::detect::collector_off
