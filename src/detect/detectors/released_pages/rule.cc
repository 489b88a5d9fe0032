#include <algorithm>

#include "base/architecture.h"
#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/outside_memory.h"

namespace holdfast::detect::released_pages {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kShare = 10;  // a tenth of what is resident

// With MADV_FREE the system takes pages only when it needs some: until then RSS counts them.
void find_lazy_pages(const Evidence& e, std::vector<Suspicion>& out) {
  const heap::Account& account = e.report.account;
  const std::uint64_t bytes = std::min(account.lazy_free, account.released_resident);
  if (account.of_mappings || bytes < e.smallest || !is_share_of_process(e.report, bytes, kShare)) return;
  Finding& finding = suspect(out, kDetector, {"madvdontneed=0", {}}, Confidence::kPossible).finding;
  finding.bytes = bytes;
  finding.count = bytes / kGoPage;
  finding.title = sentence("{} were given back to the system, and RSS counts them all the same", format_bytes(bytes));
  finding.because = sentence(
      "the runtime gave them back with MADV_FREE, as GODEBUG=madvdontneed=0 says; the system takes "
      "such pages when it needs memory, so it is no leak");
  finding.fix = sentence("leave GODEBUG=madvdontneed=0 away, if RSS is what somebody watches or limits");
}

constexpr Threshold kThresholds[] = {
    {"a tenth of what is resident, and 1 MiB or 1 % of the live bytes", "less says little of the setting"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "released-pages",
              .family = "runtime and operating system",
              .looks_for = "memory that was given back and that RSS still counts",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "pages that the runtime has released and that the system says it may take "
                                    "(LazyFree); of live processes and their captures"},
              .thresholds = kThresholds,
              .change = "leave GODEBUG=madvdontneed=0 away"},
    .run = find_lazy_pages};

}  // namespace holdfast::detect::released_pages
