#include <fmt/format.h>

#include "base/units.h"
#include "detect/detectors/detectors.h"
#include "view/memory_account.h"

namespace holdfast::detect {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

void find_spiral(const Evidence& e, std::vector<Finding>& out) {
  const heap::Pace& pace = e.snapshot.pace;
  if (!view::spirals(pace)) return;
  Finding& finding = add_finding(out, kMemoryLimit, {"GOMEMLIMIT", {}}, Confidence::kObserved);
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

const Detector kMemoryLimit = {"memory-limit", "a collector that works against the memory limit", find_spiral};

}  // namespace holdfast::detect
