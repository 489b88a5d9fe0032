#include "base/units.h"
#include "detect/detector_list.h"
#include "graph/object_sizes.h"

namespace holdfast::detect::dead_goroutines {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

// The runtime keeps the record of each goroutine that has ended, for one to come, and never frees it.
void find_dead(const Evidence& e, std::vector<Suspicion>& out) {
  const graph::ObjectSizes sizes(e.snapshot);
  std::uint64_t dead = 0, alive = 0, bytes = 0;
  for (const heap::Goroutine& goroutine : e.snapshot.goroutines) {
    if (goroutine.state != heap::GoroutineState::kDead) {
      ++alive;
      continue;
    }
    ++dead;
    if (const ObjectId record = e.names.index().find_object(goroutine.g)) bytes += sizes.size_of(record);
  }
  if (bytes < e.smallest || dead < alive) return;
  Suspicion& suspicion = suspect(out, kDetector, {"runtime.g", {}}, Confidence::kPossible);
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = bytes;
  finding.count = dead;
  finding.title = sentence("the records of {} that have ended stay, besides {} that are there",
                           format_count(dead, "goroutine"), format_count(alive));
  finding.because =
      sentence("the runtime keeps them for goroutines to come and never frees them: so many were there at once");
  finding.fix = sentence("bound how many goroutines there are at once, as with a pool or errgroup.SetLimit");
}

constexpr Threshold kThresholds[] = {
    {"more than are alive, and 1 MiB or 1 % of the live bytes", "some are always there, and are used again"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "dead-goroutines",
              .family = "goroutines",
              .looks_for = "records of goroutines that were there at once in a busy moment",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "the runtime's list of goroutines; another busy moment may need them again"},
              .thresholds = kThresholds,
              .change = "bound how many goroutines there are at once"},
    .run = find_dead};

}  // namespace holdfast::detect::dead_goroutines
