#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "view/goroutine_rows.h"

namespace holdfast::detect::large_stacks {
namespace {

using view::Confidence;
using view::Finding;
using view::GoroutineRow;
using view::named;
using view::sentence;

constexpr std::uint64_t kLargeStack = 64 << 10;
constexpr std::uint64_t kLargestShare = 2;  // of what is in use, a frame that is said to be large
constexpr std::uint64_t kUsedShare = 4;     // the collector halves a stack of which less is in use

bool is_mostly_unused(const GoroutineRow& row) {
  return row.stack_used > 0 && row.stack_used * kUsedShare < row.stack_bytes;
}
bool has_large_frame(const GoroutineRow& row) {
  return row.largest_frame_bytes * kLargestShare * row.count >= row.stack_used && !row.largest_frame.empty();
}

// A collection halves the stack of whoever waits or runs, but not of who is in a system call or in C.
bool is_halved_soon(const Evidence& e, const GoroutineRow& row) {
  const bool is_off = e.snapshot.pace.known && e.snapshot.pace.gc_percent < 0;
  return is_mostly_unused(row) && !is_off && row.state != heap::GoroutineState::kSyscall;
}

view::Sentence change_for(const GoroutineRow& row) {
  if (is_mostly_unused(row))
    return sentence(
        "collections halve them while less than a quarter is in use, but not in a system call or in C, and not if "
        "there "
        "are none: do the deep work in a goroutine that ends");
  if (has_large_frame(row))
    return sentence("keep what is large in {} in the heap, where goroutines can share it or a pool can keep it",
                    named(row.largest_frame));
  return sentence("call less deeply, or have fewer goroutines that do so at once");
}

void add(const Evidence& e, const GoroutineRow& row, std::vector<Suspicion>& out) {
  const std::string reason(view::named(row.top).full);
  Suspicion& suspicion =
      suspect(out, kDetector, {reason, {row.top.function, row.created_by.function}}, Confidence::kPossible);
  suspicion.is_exact = true;
  suspicion.beyond = row.stack_bytes;
  Finding& finding = suspicion.finding;
  finding.bytes = row.stack_bytes;
  finding.count = row.count;
  if (!row.goids.empty()) finding.goid = row.goids.front();
  finding.title = sentence("the {} of {} at {} take {}", row.count == 1 ? "stack" : "stacks",
                           format_count(row.count, "goroutine"), named(row.top), format_bytes(row.stack_bytes));
  finding.because = sentence("{} each, of which {} {} in use", format_bytes(row.stack_bytes / row.count),
                             format_bytes(row.stack_used / row.count), row.count == 1 ? "is" : "are");
  if (has_large_frame(row))
    finding.because +=
        sentence("; the largest frame has {}: {}", format_bytes(row.largest_frame_bytes), named(row.largest_frame));
  else
    finding.because += sentence("; {} functions deep", format_count(row.depth));
  if (!row.created_by.empty()) finding.because += sentence("; created by {}", named(row.created_by));
  finding.fix = change_for(row);
  take_holder(e, row.root, finding);
}

void find_large(const Evidence& e, std::vector<Suspicion>& out) {
  for (const GoroutineRow& row : e.report.goroutines)
    if (row.leaked == 0 && !row.system && row.stack_bytes >= e.smallest && row.stack_bytes >= kLargeStack * row.count &&
        !is_halved_soon(e, row))
      add(e, row, out);
}

constexpr Threshold kThresholds[] = {
    {"stacks of 64 KiB each, at one place", "a goroutine of a server has 8 to 32 KiB"},
    {"1 MiB or 1 % of the live bytes together", "less is not worth a word"},
    {"a quarter in use, unless no collection would halve them", "it does so with those of which less is in use"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "large-stacks",
              .family = "goroutines",
              .looks_for = "goroutines at one place whose stacks take much memory",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "what the runtime has set apart for stacks; deep calls may need it"},
              .thresholds = kThresholds,
              .change = "keep large variables in the heap, call less deeply, or have fewer such goroutines at once"},
    .run = find_large};

}  // namespace holdfast::detect::large_stacks
