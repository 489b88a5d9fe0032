#include <algorithm>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::defer_pile {
namespace {

using heap::RootKind;
using view::Confidence;
using view::Finding;
using view::named;
using view::sentence;

constexpr std::uint64_t kMany = 1000;
constexpr std::uint64_t kForEachFunction = 4;  // more than a function has that defers one after the other

// The records of calls that a goroutine has deferred and that lie in the heap: those of a loop do.
std::vector<ObjectId> records_of(const Evidence& e, const heap::Root& defers) {
  std::vector<ObjectId> out;
  for (std::uint32_t i = 0; i < defers.target_count; ++i) {
    const ObjectId object = e.snapshot.root_targets[defers.first_target + i].object;
    if (e.names.type_of(object) == "runtime._defer") out.push_back(object);
  }
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

void add(const Evidence& e, RootId defers, const heap::Goroutine& goroutine, const std::vector<ObjectId>& records,
         std::vector<Suspicion>& out) {
  const view::CodePlace top = e.names.top_frame(goroutine), creator = e.names.creator(goroutine);
  Suspicion& suspicion =
      suspect(out, kDetector, {named(top).full, {top.function, creator.function}}, Confidence::kStrong);
  suspicion.removal.nodes = {defers};  // the record of the goroutine leads to the calls as well
  suspicion.removal.nodes.insert(suspicion.removal.nodes.end(), records.begin(), records.end());
  Finding& finding = suspicion.finding;
  finding.count = records.size();
  for (const ObjectId record : records) finding.bytes += e.names.index().size_of(record);
  finding.exclusive_bytes = finding.bytes += e.dominators.retained_bytes(defers);
  finding.title = sentence("{} deferred calls wait in goroutine {} at {}", format_count(records.size()), goroutine.goid,
                           named(top));
  finding.because =
      sentence("there are {} functions on its stack: some defer in a loop, and run nothing before they return",
               format_count(goroutine.frame_count));
  if (!creator.empty()) finding.because += sentence("; created by {}", named(creator));
  finding.fix = sentence(
      "call a function for each round of the loop that defers and returns, or clean up at the end of the round");
  take_holder(e, goroutine.root, finding);
}

void find_piles(const Evidence& e, std::vector<Suspicion>& out) {
  for (std::uint32_t r = 0; r < e.snapshot.roots.size(); ++r) {
    const heap::Root& root = e.snapshot.roots[r];
    if (root.kind != RootKind::kDefer || !root.goroutine || root.target_count < kMany) continue;
    const heap::Goroutine& goroutine = e.snapshot.goroutines[root.goroutine.row];
    const std::vector<ObjectId> records = records_of(e, root);
    if (records.size() >= kMany && records.size() >= kForEachFunction * goroutine.frame_count)
      add(e, RootId(r), goroutine, records, out);
  }
}

constexpr Threshold kThresholds[] = {{"1,000 deferred calls of one goroutine, and four for each function on its stack",
                                      "a deep recursion has many, too, but a few for each call"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "defer-pile",
              .family = "goroutines",
              .looks_for = "deferred calls that gather in a function that does not return",
              .needs = {.proven = {},
                        .strong = "the runtime's own list of deferred calls: many more than functions that could have "
                                  "deferred them one by one",
                        .possible = {}},
              .thresholds = kThresholds,
              .change = "do not defer in a loop that runs for long"},
    .run = find_piles};

}  // namespace holdfast::detect::defer_pile
