#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/outside_memory.h"

namespace holdfast::detect::huge_pages {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kShare = 10;  // a tenth of what is resident

// A huge page is resident as a whole, also where the heap has given its pages back or never used them.
void find_huge_pages(const Evidence& e, std::vector<Suspicion>& out) {
  const heap::Account& account = e.report.account;
  const std::uint64_t kept = account.released_resident - std::min(account.released_resident, account.lazy_free);
  const std::uint64_t bytes = std::min(kept, account.huge);
  if (account.of_mappings || bytes < e.smallest || !is_share_of_process(e.report, bytes, kShare)) return;
  Finding& finding = suspect(out, kDetector, {"huge pages", {}}, Confidence::kPossible).finding;
  finding.bytes = bytes;
  finding.count = account.huge / (std::uint64_t{2} << 20);
  finding.title = sentence("huge pages keep {} of the heap resident that are in no use", format_bytes(bytes));
  finding.because = sentence(
      "{} of the heap are in huge pages, {} live; {} of its pages were given back or never used, and are resident all "
      "the same",
      format_bytes(account.huge), format_bytes(e.live), format_bytes(account.released_resident));
  finding.fix = sentence(
      "set GODEBUG=disablethp=1 (Go 1.21.6 and later), or let /sys/kernel/mm/transparent_hugepage be madvise and "
      "khugepaged/max_ptes_none be 0");
}

constexpr Threshold kThresholds[] = {
    {"a tenth of what is resident, and 1 MiB or 1 % of the live bytes", "huge pages round up a little everywhere"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "huge-pages",
              .family = "runtime and operating system",
              .looks_for = "memory of the heap in no use that huge pages keep resident",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "pages that the runtime has released or never used and that are resident, beside as "
                            "many huge pages; of live processes and their captures"},
              .thresholds = kThresholds,
              .change = "switch huge pages off for the program, or let the system not fill them up"},
    .run = find_huge_pages};

}  // namespace holdfast::detect::huge_pages
