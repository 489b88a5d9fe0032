#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/outside_memory.h"

namespace holdfast::detect::mapped_memory {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kShare = 2;  // half of what is resident

struct Unowned {
  std::uint64_t mappings = 0, bytes = 0;
  const view::MappingGroup* largest = nullptr;
};

Unowned unowned_of(const view::Report& report) {
  Unowned unowned;
  for (const view::MappingGroup& group : report.memory.mappings) {
    if (group.use != heap::MappingUse::kOther || group.resident == 0) continue;
    if (owner_of(group) != nullptr) continue;
    unowned.mappings += group.count;
    unowned.bytes += group.resident;
    if (unowned.largest == nullptr || group.resident > unowned.largest->resident) unowned.largest = &group;
  }
  return unowned;
}

// Of C libraries with an allocator of their own, of other runtimes, of interpreters.
void find_unowned(const Evidence& e, std::vector<Suspicion>& out) {
  const Unowned unowned = unowned_of(e.report);
  if (unowned.bytes < e.smallest || !is_share_of_process(e.report, unowned.bytes, kShare)) return;
  const view::MappingGroup& largest = *unowned.largest;
  const std::string name = largest.name.empty() ? "plain memory" : largest.name;
  Finding& finding = suspect(out, kDetector, {name, {name}}, Confidence::kPossible).finding;
  finding.bytes = unowned.bytes;
  finding.count = unowned.mappings;
  finding.title =
      sentence("{} of the {} that are resident are in {} that no Go memory leads to", format_bytes(unowned.bytes),
               format_bytes(e.report.account.rss), format_count(unowned.mappings, "mapping"));
  finding.because = sentence("the largest is {} at {:#x}, {} of it resident", name, largest.first.value,
                             format_bytes(largest.resident));
  if (const std::size_t all = e.snapshot.target.runtimes.size(); all > 1)
    finding.because += sentence("; {} Go runtimes share the process, and each has a heap", all);
  finding.because += calls_into_c(e.report);
  finding.because += sentence("{}", libraries_of_c(e.report));
  finding.fix = sentence(
      "look at what code in C or another language has mapped: an allocator of its own (jemalloc, tcmalloc), a model, "
      "an "
      "interpreter; `holdfast account` lists the mappings");
}

constexpr Threshold kThresholds[] = {
    {"half of what is resident, and 1 MiB or 1 % of the live bytes", "libraries in C map some"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "mapped-memory",
              .family = "runtime and operating system",
              .looks_for = "memory that somebody has mapped and that no Go memory leads to",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "most of the process is in such mappings; whether it is needed, Go's memory does not "
                            "tell"},
              .thresholds = kThresholds,
              .change = "find who maps it: an allocator of C code, another runtime, an interpreter"},
    .run = find_unowned};

}  // namespace holdfast::detect::mapped_memory
