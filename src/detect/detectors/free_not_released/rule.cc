#include <algorithm>

#include "base/architecture.h"
#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/outside_memory.h"

namespace holdfast::detect::free_not_released {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kShare = 4;  // a quarter of what is resident

// Returns what the scavenger leaves to the heap: room for its goal and a tenth more (runtime/mgcscavenge.go), with the
// waste that its spans have now.
std::uint64_t kept_room(const Evidence& e, std::uint64_t in_spans) {
  const double waste =
      static_cast<double>(in_spans) / static_cast<double>(std::max<std::uint64_t>(e.report.heap.bytes, 1));
  return static_cast<std::uint64_t>(static_cast<double>(e.snapshot.account.next_gc) * 1.1 * std::max(waste, 1.0));
}

void find_free_pages(const Evidence& e, std::vector<Suspicion>& out) {
  const heap::Account& account = e.report.account;
  const std::uint64_t goal = e.snapshot.account.next_gc;
  if (!account.known || goal == 0 || goal >= view::kNoCollection) return;
  const std::uint64_t free = account.free_pages - std::min(account.free_pages, account.released_resident);
  std::uint64_t in_spans = 0;
  for (const heap::Span& span : e.snapshot.spans) in_spans += span.bytes();
  const std::uint64_t room = kept_room(e, in_spans);
  const std::uint64_t above = in_spans + free - std::min(in_spans + free, room);
  const std::uint64_t bytes = std::min(above, free);
  if (bytes < e.smallest || !is_share_of_process(e.report, bytes, kShare)) return;
  Finding& finding = suspect(out, kDetector, {"the scavenger", {}}, Confidence::kPossible).finding;
  finding.bytes = bytes;
  finding.count = bytes / kGoPage;
  finding.title = sentence("{} are free and not given back to the system yet, after a moment that needed them",
                           format_bytes(bytes));
  finding.because = sentence(
      "{} are in use, and the heap keeps room for its goal of {}; the scavenger gives back what is above that, slowly: "
      "it takes one hundredth of a processor",
      format_bytes(in_spans), format_bytes(goal));
  finding.fix = sentence(
      "wait, or call debug.FreeOSMemory after such a moment; a memory limit (GOMEMLIMIT) gives it back earlier");
}

constexpr Threshold kThresholds[] = {
    {"a quarter of what is resident, and 1 MiB or 1 % of the live bytes, above what the heap keeps for its goal",
     "between two collections the heap needs the room up to its goal again"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "free-not-released",
              .family = "runtime and operating system",
              .looks_for = "free pages that the runtime has not given back yet",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "free pages above the room that the runtime keeps; it gives them back in time"},
              .thresholds = kThresholds,
              .change = "wait, call debug.FreeOSMemory, or set GOMEMLIMIT"},
    .run = find_free_pages};

}  // namespace holdfast::detect::free_not_released
