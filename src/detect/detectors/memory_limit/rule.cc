#include <fmt/format.h>

#include "base/units.h"
#include "detect/detector_list.h"
#include "view/memory_account.h"

namespace holdfast::detect::memory_limit {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

void find_spiral(const Evidence& e, std::vector<Suspicion>& out) {
  const heap::Pace& pace = e.snapshot.pace;
  if (!view::spirals(pace)) return;
  Finding& finding = suspect(out, kDetector, {"GOMEMLIMIT", {}}, Confidence::kStrong).finding;
  finding.bytes = pace.counted;
  finding.count = 1;
  finding.title = sentence("the collector works against the memory limit of {}", format_bytes(pace.memory_limit));
  std::string share;
  if (const auto last = pace.last_share())
    share = fmt::format(", and the last one took {:.0f} % of all processor time since the one before", *last * 100);
  finding.because = sentence("{} count for the limit; {:.1f} collections a second{}", format_bytes(pace.counted),
                             pace.collections_per_second(), share);
  finding.fix =
      sentence("raise GOMEMLIMIT above what the program holds, or make it hold less; the report says what that is");
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"what view::spirals() asks of the pace: what counts for the limit is near it, and collections follow each other",
     "a limit that is reached now and then does its work"}};

const Detector kDetector = {
    .facts = {.id = "memory-limit",
              .family = "runtime and operating system",
              .looks_for = "a collector that works against the memory limit",
              .needs = {.proven = {},
                        .strong = "memory near or above GOMEMLIMIT and one collection after the other",
                        .possible = {}},
              .thresholds = kThresholds,
              .change = "raise GOMEMLIMIT above what the program holds, or make it hold less"},
    .run = find_spiral};

}  // namespace holdfast::detect::memory_limit
