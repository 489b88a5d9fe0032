#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "detect/growth_pace.h"

namespace holdfast::detect::only_grows {
namespace {

using view::Confidence;
using view::Finding;
using view::Holder;
using view::sentence;

constexpr std::uint64_t kLeastThings = 1'000;
constexpr std::uint64_t kLeastShare = 10;  // a tenth of the live bytes
constexpr std::uint64_t kOldest = 100;     // a goroutine whose id is among the first hundredth has lasted

class ThingsThatGather {
 public:
  ThingsThatGather(const Evidence& e, std::vector<Suspicion>& out) : e_(e), out_(out) {}

  void run() {
    const auto is_candidate = [&](const Holder& holder) { return is_large(holder) && is_lasting(holder); };
    if (std::ranges::none_of(e_.report.holders, is_candidate)) return;
    const GrowthPace pace(e_.snapshot);
    for (const Holder& holder : e_.report.holders) {
      if (!is_candidate(holder) || is_deleted_from(holder)) continue;
      const auto in_all = pace.in_all(*holder.recent);
      if (in_all && are_nearly_all(holder.count, *in_all)) add(holder, pace, *in_all);
    }
  }

 private:
  // A channel has its own detector, and a pool keeps what is free.
  bool is_large(const Holder& holder) const {
    return holder.recent && holder.count >= kLeastThings && !holder.is_pool && !holder.channel &&
           holder.stack_bytes == 0 && holder.bytes >= std::max(e_.smallest, e_.live / kLeastShare);
  }

  // What one variable holds, or a goroutine that has been there from the beginning.
  bool is_lasting(const Holder& holder) const {
    if (holder.owners.size() != 1 || holder.chain.empty()) return false;
    const RootId id = holder.chain.front().node.root();
    if (!id) return false;
    const heap::Root& root = e_.snapshot.roots[id.row];
    if (root.kind == heap::RootKind::kGlobal) return true;
    return root.kind == heap::RootKind::kGoroutine && root.goroutine &&
           e_.snapshot.goroutines[root.goroutine.row].goid <= 1 + highest_goid(e_.snapshot) / kOldest;
  }

  // Whether a map on the way shows that entries were deleted.
  bool is_deleted_from(const Holder& holder) const {
    return std::ranges::any_of(holder.chain, [&](const view::ChainStep& step) {
      const auto fill = std::ranges::lower_bound(e_.snapshot.map_fills, step.node.object(), {}, &heap::MapFill::header);
      return fill != e_.snapshot.map_fills.end() && step.node.object() && fill->header == step.node.object() &&
             fill->deletes == heap::DeleteTraces::kSome;
    });
  }

  // The last node on the way that keeps all of it.
  graph::NodeId whole(const Holder& holder) const {
    graph::NodeId found = holder.chain.front().node;
    for (const view::ChainStep& step : holder.chain)
      if (step.node && e_.dominators.retained_bytes(step.node) >= holder.bytes - holder.bytes / 10) found = step.node;
    return found;
  }

  void add(const Holder& holder, const GrowthPace& pace, std::uint64_t in_all) {
    const graph::NodeId node = whole(holder);
    const view::HoldingPlace place = node.object() ? e_.places.place_of(node.object()) : view::HoldingPlace();
    const bool has_place = !place.identity.empty();
    Suspicion& suspicion =
        suspect(out_, kDetector,
                {has_place ? place.text.full : holder.chain.front().text.full,
                 has_place ? place.identity : std::vector<std::string>{holder.chain.front().text.full}},
                Confidence::kPossible);
    suspicion.removal.nodes = {node};
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = holder.bytes;
    finding.count = holder.count;
    finding.chain = holder.chain;
    finding.allocated_at = holder.allocated_at;
    finding.title = sentence("{} gather: few or none have ever gone", holder.what);
    finding.because = sentence(
        "{} of them came since the last of {}, with {} of the {} that the program has ever allocated: at that pace "
        "about {} came in all its life, so nearly all are still there",
        format_count(*holder.recent), format_count(pace.collections(), "collection"),
        format_bytes(pace.allocated_since()), format_bytes(pace.allocated()), format_count(in_all));
    finding.fix = sentence("if nothing else bounds them: drop what is not needed any more, or keep the newest only");
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
};

// Finds lists, maps and trees of whatever make that nothing seems to leave.
void find_only_growss(const Evidence& evidence, std::vector<Suspicion>& out) {
  ThingsThatGather(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"1,000 things and a tenth of the live bytes", "less is a list of what there is, and does no harm"},
    {"10 of them came since the last of at least 4 collections", "a table that was filled at the start does not grow"},
    {"at the pace since then, a quarter to three times as many would have come in the program's life",
     "of what comes and goes many more came than are there; allocated bytes are the clock"}};

const Detector kDetector = {
    .facts = {.id = "only-grows",
              .family = "maps and caches",
              .looks_for = "lists, maps and trees of a variable that things come to and hardly ever leave",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "as many came lately as would give all that are there in about the program's life; "
                                    "a cache may not be full yet, or a job may collect its result"},
              .thresholds = kThresholds,
              .change = "if nothing else bounds them, drop what is not needed any more, or keep the newest only"},
    .run = find_only_growss};

}  // namespace holdfast::detect::only_grows
