#include <algorithm>
#include <map>

#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::sparse_spans {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kPageBytes = 8192;  // of the runtime
constexpr std::uint64_t kFullAt = 4;        // a quarter of the slots
constexpr std::uint64_t kShare = 4;         // a quarter of the heap

// Spans of one size of objects of which few slots are in use.
struct Sparse {
  std::uint64_t spans = 0, bytes = 0, used = 0, objects = 0;

  std::uint64_t spare() const { return bytes - used; }
};

// A span goes back as a whole: one object that lives on keeps its other slots for objects of that size.
void find_sparse_spans(const Evidence& e, std::vector<Suspicion>& out) {
  std::map<std::uint64_t, Sparse> by_size;
  Sparse all;
  for (const heap::Span& span : e.snapshot.spans) {
    if (span.slot_size == 0 || span.slot_size * 2 > span.pages * kPageBytes) continue;  // of one large object
    std::uint64_t live = 0;
    for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row)
      live += e.dominators.reachable(ObjectId(row)) ? 1 : 0;
    const std::uint64_t slots = span.pages * kPageBytes / span.slot_size;
    if (live == 0 || live * kFullAt > slots) continue;
    for (Sparse* sparse : {&all, &by_size[span.slot_size]}) {
      ++sparse->spans;
      sparse->bytes += span.pages * kPageBytes;
      sparse->used += live * span.slot_size;
      sparse->objects += live;
    }
  }
  if (all.spare() < e.smallest || all.spare() < e.report.heap.bytes / kShare) return;
  const auto most = std::ranges::max_element(by_size, {}, [](const auto& each) { return each.second.spare(); });
  Suspicion& suspicion = suspect(out, kDetector, {"spans", {}}, Confidence::kPossible);
  suspicion.beyond = all.spare();
  Finding& finding = suspicion.finding;
  finding.bytes = all.spare();
  finding.count = all.spans;
  finding.title = sentence("{} of {} are free, and cannot go back: {} live in them", format_bytes(all.spare()),
                           format_count(all.spans, "span"), format_count(all.objects, "object"));
  finding.because = sentence("a span goes back to the system as a whole; most are of slots of {}: {} keep {}",
                             format_bytes(most->first), format_count(most->second.objects, "object"),
                             format_bytes(most->second.bytes));
  finding.fix = sentence(
      "let what lives long not be allocated among what dies soon: allocate it first, or in one slice; new objects of "
      "these sizes will use the room");
}

constexpr Threshold kThresholds[] = {
    {"a quarter of a span's slots at most is in use", "a sweep leaves holes that the next objects fill"},
    {"a quarter of the heap, and 1 MiB or 1 % of the live bytes", "less is the usual waste of sizes"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "sparse-spans",
              .family = "runtime and operating system",
              .looks_for = "spans that a few objects keep from going back to the system",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "much of the heap is in spans with few live objects; after a busy moment it may be "
                                    "used again"},
              .thresholds = kThresholds,
              .change = "allocate what lives long apart from what dies soon; `holdfast spans` shows which keep what",
              .verb = "spans"},
    .run = find_sparse_spans};

}  // namespace holdfast::detect::sparse_spans
