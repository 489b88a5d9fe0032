#include <fmt/format.h>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/outside_memory.h"

namespace holdfast::detect::c_heap {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kShare = 2;  // half of what is resident

Finding& suspect_c_heap(const Evidence& e, std::string_view fault, std::vector<Suspicion>& out) {
  Suspicion& suspicion = suspect(out, kDetector, {std::string(fault), {std::string(fault)}}, Confidence::kPossible);
  suspicion.finding.bytes = e.report.account.c_heap;
  return suspicion.finding;
}

std::string other_runtimes(const Evidence& e) {
  const std::size_t all = e.snapshot.target.runtimes.size();
  return all < 2 ? "" : fmt::format("; {} Go runtimes share the process", all);
}

// What C code has asked for and not freed.
void add_used(const Evidence& e, std::vector<Suspicion>& out) {
  const heap::CHeap& c = e.snapshot.c_heap;
  Finding& finding = suspect_c_heap(e, "the C heap", out);
  finding.count = c.used_blocks;
  finding.title = sentence("{} of the {} that are resident are in the C heap, which no Go reference keeps",
                           format_bytes(finding.bytes), format_bytes(e.report.account.rss));
  finding.because = c.recognised ? sentence("malloc has given out {} of {}, the largest of {}, in {}",
                                            format_count(c.used_blocks, "block"), format_bytes(c.used_bytes),
                                            format_bytes(c.largest), format_count(c.arenas, "arena"))
                                 : sentence("its allocator is not known, so nobody can tell what of it is in use");
  finding.because += calls_into_c(e.report);
  finding.because += sentence("{}{}", libraries_of_c(e.report), other_runtimes(e));
  finding.fix = sentence(
      "free in C what C has allocated (C.free, the Close of a library), or bound it; a profiler of malloc tells who "
      "asked for it");
}

// What C code has freed and malloc keeps.
void add_kept(const Evidence& e, std::vector<Suspicion>& out) {
  const heap::CHeap& c = e.snapshot.c_heap;
  Finding& finding = suspect_c_heap(e, "malloc's free blocks", out);
  finding.count = c.free_blocks;
  finding.title = sentence("{} of the C heap are free, and malloc does not give them back", format_bytes(c.free_bytes));
  finding.because =
      sentence("{} of {} in {} wait to be used again, beside {} that are in use", format_count(c.free_blocks, "block"),
               format_bytes(c.free_bytes), format_count(c.arenas, "arena"), format_bytes(c.used_bytes));
  finding.because += calls_into_c(e.report);
  finding.fix = sentence("call C from fewer threads, set MALLOC_ARENA_MAX, or call malloc_trim after a busy moment");
}

void find_c_heap(const Evidence& e, std::vector<Suspicion>& out) {
  const std::uint64_t bytes = e.report.account.c_heap;
  if (bytes < e.smallest || !is_share_of_process(e.report, bytes, kShare)) return;
  const heap::CHeap& c = e.snapshot.c_heap;
  if (c.recognised && c.free_bytes > c.used_bytes)
    add_kept(e, out);
  else
    add_used(e, out);
}

constexpr Threshold kThresholds[] = {
    {"half of what is resident, and 1 MiB or 1 % of the live bytes", "libraries in C need some"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "c-heap",
              .family = "runtime and operating system",
              .looks_for = "memory of malloc, which the collector neither counts nor frees",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "most of the process is in the C heap; whether C code still needs it, Go's memory "
                                    "does not tell"},
              .thresholds = kThresholds,
              .change = "free in C what C has allocated; if malloc only keeps it, use fewer arenas"},
    .run = find_c_heap};

}  // namespace holdfast::detect::c_heap
