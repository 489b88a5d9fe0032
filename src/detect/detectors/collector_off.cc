#include "base/units.h"
#include "detect/detectors/detectors.h"

namespace holdfast::detect {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

void find_uncollected(const Evidence& e, std::vector<Finding>& out) {
  const std::uint64_t garbage = e.report.heap.bytes - e.live;
  if (e.snapshot.account.next_gc < view::kNoCollection || garbage < e.smallest) return;
  Finding& finding = add_finding(out, kCollectorOff, {"GOGC", {}}, Confidence::kProven);
  finding.bytes = garbage;
  finding.count = e.report.heap.objects - e.report.heap.reachable_objects;
  finding.title = sentence("{} of garbage wait for a collection that does not come", format_bytes(garbage));
  finding.because =
      sentence("the collector is switched off (GOGC=off) and there is no memory limit that would start it");
  finding.fix = sentence("set GOGC or GOMEMLIMIT, or call runtime.GC where the program can afford it");
}

}  // namespace

const Detector kCollectorOff = {"collector-off", "garbage that waits for a collection that does not come",
                                find_uncollected};

}  // namespace holdfast::detect
