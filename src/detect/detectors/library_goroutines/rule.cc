#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "detect/library_goroutines.h"
#include "view/goroutine_rows.h"

namespace holdfast::detect::library_goroutines {
namespace {

using view::Confidence;
using view::GoroutineRow;
using view::sentence;

constexpr std::uint64_t kMany = 20;
constexpr std::uint64_t kManyInOneGo = 100;  // of what nobody opens in such numbers on purpose

// What something else has as well may be in use, as the handle of a tenant that a table has: only what nobody but these
// goroutines keeps is surely forgotten.
Confidence confidence_of(const LibraryGoroutine& rule, const GoroutineRow& row) {
  return rule.is_strong && row.retained_bytes > 0 ? Confidence::kStrong : Confidence::kPossible;
}

// Those of one rule may stand at several places; each place is a finding of its own.
void find_unclosed(const Evidence& e, std::vector<Suspicion>& out) {
  const std::uint64_t highest = highest_goid(e.snapshot);
  const std::vector<view::GoroutineGroup> groups = view::goroutine_groups(e.snapshot, e.dominators, true);
  for (const view::GoroutineGroup& group : groups) {
    if (group.count < kMany || group.first->system) continue;
    const LibraryGoroutine* rule = library_goroutine(e.snapshot, *group.first);
    if (rule == nullptr) continue;
    const Ages ages = ages_of(e.snapshot, group.members, highest);
    const auto row = std::ranges::find(e.report.goroutines, group.root, &GoroutineRow::root);
    const bool gathers = ages.over_time || (rule->is_strong && group.count >= kManyInOneGo);
    if (!gathers || row == e.report.goroutines.end() || row->leaked > 0) continue;
    const view::Sentence because =
        ages.over_time ? ages.words(highest) : sentence("so many are hardly ever there on purpose");
    const Confidence confidence = ages.over_time ? confidence_of(*rule, *row) : Confidence::kPossible;
    Suspicion& suspicion = suspect_blocked(e, kDetector, *row, {row->count, row->retained_bytes, row->stack_bytes},
                                           "and more come", because, confidence, out);
    suspicion.finding.title = sentence("{} {}", format_count(group.count), rule->what);
    if (group.root) suspicion.removal.nodes = {group.root};
    suspicion.is_danger = are_worth_a_word(e, *row);
  }
}

constexpr Threshold kThresholds[] = {
    {"20 goroutines of one function", "a program has a few clients, pools and providers on purpose"},
    {"ids over four times as many as they are, from early to late; or 100 of what is hardly ever there in such numbers",
     "what is made at the start, or in a busy moment, does not gather"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "library-goroutines",
              .family = "closures and libraries",
              .looks_for = "goroutines of libraries that show what was opened and not closed",
              .needs = {.proven = {},
                        .strong =
                            "many goroutines of a function that data/library_goroutines.txt knows, made one after "
                            "another over the program's life, of what nobody opens in such numbers on purpose, and "
                            "which nothing else keeps",
                        .possible = "the same, of what may be in use or is kept by others, too"},
              .thresholds = kThresholds,
              .change = "close, cancel, stop or share what the line of data/library_goroutines.txt names"},
    .run = find_unclosed};

}  // namespace holdfast::detect::library_goroutines
