#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/holders.h"

namespace holdfast::detect::heavy_entries {
namespace {

using view::Confidence;
using view::Finding;
using view::Holder;
using view::sentence;

constexpr std::uint64_t kLeastThings = 64;
constexpr std::uint64_t kLeastShare = 10;   // a tenth of the live bytes
constexpr std::uint64_t kFew = 50;          // 2 % of the things at most
constexpr std::uint64_t kTimesMedian = 50;  // each of them
constexpr std::uint64_t kFarthest = 8;      // dominators between a thing and what has them all

// What each of the things keeps, the most first.
std::vector<std::pair<std::uint64_t, ObjectId>> weights_of(const Evidence& e, const Holder& holder,
                                                           graph::NodeId whole) {
  std::vector<std::pair<std::uint64_t, ObjectId>> out;
  const TypeId type = e.snapshot.object_type[holder.example.object().row].type();
  if (!type) return out;
  for (std::uint32_t row = 0; row < e.snapshot.objects; ++row) {
    const ObjectId object(row);
    if (e.snapshot.object_type[row].type() != type || !e.dominators.reachable(object)) continue;
    graph::NodeId above = e.dominators.idom(object);
    for (std::uint64_t steps = 0; steps < kFarthest && above != whole && above.object(); ++steps)
      above = e.dominators.idom(above);
    if (above == whole) out.emplace_back(e.dominators.retained_bytes(object), object);
  }
  std::ranges::sort(out, std::greater());
  return out;
}

void judge(const Evidence& e, const Holder& holder, std::vector<Suspicion>& out) {
  const graph::NodeId whole = whole_of(e, holder);
  const auto weights = weights_of(e, holder, whole);
  if (weights.size() < kLeastThings || weights.size() * 2 < holder.count) return;
  const std::uint64_t median = weights[weights.size() / 2].first;
  const auto few = static_cast<std::size_t>(
      std::ranges::count_if(weights, [&](const auto& weight) { return weight.first >= median * kTimesMedian; }));
  std::uint64_t heavy = 0;
  for (std::size_t i = 0; i < few; ++i) heavy += weights[i].first;
  if (few * kFew > weights.size() || heavy < e.smallest || heavy * 2 < holder.bytes) return;
  const view::HoldingPlace place = e.places.place_of(weights.front().second);
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
  for (std::size_t i = 0; i < few; ++i) suspicion.removal.nodes.emplace_back(weights[i].second);
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = heavy;
  finding.count = few;
  finding.chain = place.chain;
  finding.title = sentence("{} of {} hold {} of the {} that they have together", format_count(few), holder.what,
                           format_bytes(heavy), format_bytes(holder.bytes));
  finding.because = sentence("the heaviest keeps {}, half of them keep {} or less each",
                             format_bytes(weights.front().first), format_bytes(median));
  finding.fix = sentence("if their number is what bounds them: bound their bytes, and keep nothing above a size");
}

// Finds caches and tables in which a few of many things have most of the bytes.
void find_heavy_entries(const Evidence& e, std::vector<Suspicion>& out) {
  for (const Holder& holder : e.report.holders)
    if (holder.count >= kLeastThings && holder.example.object() && !holder.is_pool && !holder.channel &&
        holder.bytes >= std::max(e.smallest, e.live / kLeastShare) && is_of_one_variable(e, holder))
      judge(e, holder, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"64 things and a tenth of the live bytes", "less is not worth a word"},
    {"half of the bytes with 2 % of the things, each of fifty times what most have", "sizes differ in every cache"}};

const Detector kDetector = {
    .facts = {.id = "heavy-entries",
              .family = "maps and caches",
              .looks_for = "caches and tables in which a few of many entries have most of the bytes",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "what each entry keeps alive; a cache that is bounded by number alone has no bound "
                                    "in bytes, but it may be meant to be so"},
              .thresholds = kThresholds,
              .change = "if their number is what bounds them, bound their bytes"},
    .run = find_heavy_entries};

}  // namespace holdfast::detect::heavy_entries
