#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/growth_pace.h"
#include "detect/holders.h"

namespace holdfast::detect::only_grows {
namespace {

using view::Confidence;
using view::Finding;
using view::Holder;
using view::sentence;

constexpr std::uint64_t kLeastThings = 100, kManyThings = 1'000;
constexpr std::uint64_t kLeastShareOfFew = 5;                                     // a fifth of the live bytes
constexpr std::uint64_t kLeastGrowth = 10;                                        // by a tenth, since an earlier look
constexpr std::uint64_t kLeastCollections = 2, kLeastCame = 100, kMostGone = 50;  // 2 % of what came

// Whether it is a part of what package unique keeps values in, which is a hash trie up to Go 1.24. A value goes when
// nobody has a handle to it any more, so the fault is with who gathers handles.
bool is_of_unique(std::string_view type) {
  if (type.starts_with("unique.")) return !type.starts_with("unique.Handle[");
  const bool is_trie = type.starts_with("internal/concurrent.") || type.starts_with("internal/sync.");
  return is_trie && type.find("weak.Pointer[") != std::string_view::npos;
}

class ThingsThatGather {
 public:
  ThingsThatGather(const Evidence& e, std::vector<Suspicion>& out) : e_(e), out_(out) {}

  void run() {
    if (!e_.report.since) return look_at_the_pace();
    for (const view::GrownPath& path : e_.report.since->grown) add_if_it_grew(path, *e_.report.since);
  }

 private:
  void look_at_the_pace() {
    const auto is_candidate = [&](const Holder& holder) {
      return is_large(holder) && is_held_for_long(e_, holder.example.object());
    };
    if (std::ranges::none_of(e_.report.holders, is_candidate)) return;
    const GrowthPace pace(e_.snapshot);
    for (const Holder& holder : e_.report.holders) {
      if (!is_candidate(holder) || is_deleted_from(holder) || is_in_unique(holder)) continue;
      const auto in_all = pace.in_all(*holder.recent);
      if (!in_all || !are_nearly_all(holder.count, *in_all)) continue;
      // Where no object has them all, they lie in a variable that cannot grow, or each has owners of its own.
      const ObjectId whole = outermost(e_, holder.example.object(), holder.bytes);
      if (e_.dominators.retained_bytes(whole) >= holder.bytes / 2) add(holder, pace, *in_all, whole);
    }
  }

  // With an earlier look: what has grown since.
  void add_if_it_grew(const view::GrownPath& path, const view::Since& since) {
    if (path.grown() < e_.smallest || path.grown() < path.before.bytes / kLeastGrowth || !path.example) return;
    const ObjectId example = e_.names.index().find_object(path.example);
    if (!example || !e_.dominators.reachable(example) || is_of_unique(e_.names.type_of(example))) return;
    if (path.now.count == 1 && is_of_grown_slice(example, since)) return;
    const ObjectId whole = outermost(e_, example, path.now.bytes);
    if (!is_held_for_long(e_, whole)) return;
    const view::Flow* const flow = since.is_one_process ? since.flow_of(e_.names.type_of(example)) : nullptr;
    const bool is_sure = flow != nullptr && !path.is_new && since.collections.value_or(0) >= kLeastCollections &&
                         path.now.count > path.before.count && nearly_none_left(*flow) && is_of_one(whole);
    add_grown(path, since, whole, flow, is_sure ? Confidence::kStrong : Confidence::kPossible);
  }
  // Of one array, or of who has it, growing-slice tells more.
  bool is_of_grown_slice(ObjectId one, const view::Since& since) const {
    return std::ranges::any_of(e_.snapshot.large_headers, [&](const heap::LargeHeader& header) {
      return (header.into == one || header.object == one) &&
             since.grown_slice(view::word_of(e_.snapshot, e_.names.index(), header)) != nullptr;
    });
  }
  // What many parts of a server share is its data as a rule.
  bool is_of_one(ObjectId object) const { return static_cast<bool>(e_.dominators.top(object).root()); }
  // Of the things that were there at the earlier look.
  static bool nearly_none_left(const view::Flow& flow) {
    const std::uint64_t gone = flow.freed().count + flow.dropped.count;
    return flow.allocated().count >= kLeastCame && gone * kMostGone <= flow.allocated().count;
  }

  void add_grown(const view::GrownPath& path, const view::Since& since, ObjectId whole, const view::Flow* flow,
                 Confidence confidence) {
    const view::HoldingPlace place = e_.places.place_of(whole);
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity}, confidence);
    take_removal(suspicion, whole, path.now.bytes);
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = path.now.bytes;
    finding.count = path.now.count;
    finding.chain = place.chain;
    finding.title =
        sentence("{} grow: {} more than {}{}", path.what, format_bytes(path.grown()),
                 since.seconds ? duration_before(*since.seconds) : "at the earlier look", doubling(path, since));
    finding.because =
        sentence("{} there then, {} now",
                 path.is_new ? "less than " + format_bytes(path.before.bytes) : format_bytes(path.before.bytes),
                 format_bytes(path.now.bytes));
    if (flow != nullptr)
      finding.because +=
          sentence("; {} things of their type came, and of those that were there {} left{}",
                   format_count(flow->allocated().count), gone_words(flow->freed().count + flow->dropped.count),
                   since.collections ? ", over " + format_count(*since.collections, "collection") : "");
    finding.fix = sentence("if nothing else bounds them: drop what is not needed any more, or keep the newest only");
  }
  // Where several hold each of the things, no object has all of them: their sum stands then.
  void take_removal(Suspicion& suspicion, ObjectId whole, std::uint64_t bytes) const {
    suspicion.removal.nodes = {whole};
    suspicion.is_exact = e_.dominators.retained_bytes(whole) < bytes / 2;
  }
  static std::string gone_words(std::uint64_t gone) { return gone == 0 ? "none" : format_count(gone); }
  static std::string duration_before(double seconds) { return format_seconds(seconds) + " before"; }
  // ", twice as much in 4.0 min at this pace"
  static std::string doubling(const view::GrownPath& path, const view::Since& since) {
    if (!since.seconds || path.is_new || path.grown() == 0) return {};
    const double pace = static_cast<double>(path.grown()) / *since.seconds;
    return fmt::format(", twice as much in {} at this pace",
                       format_seconds(static_cast<double>(path.now.bytes) / pace));
  }

  // A channel has its own detector, and a pool keeps what is free.
  bool is_large(const Holder& holder) const {
    return holder.recent && holder.example.object() && holder.count >= kLeastThings && !holder.is_pool &&
           !holder.channel && holder.stack_bytes == 0 && holder.bytes >= least_of_growth(e_) &&
           (holder.count >= kManyThings || holder.bytes >= e_.live / kLeastShareOfFew);
  }

  static bool is_in_unique(const Holder& holder) {
    return std::ranges::any_of(holder.chain, [](const view::ChainStep& step) { return is_of_unique(step.type); });
  }

  // Whether a map on the way shows that entries were deleted. One with few entries is not where the things are.
  bool is_deleted_from(const Holder& holder) const {
    return std::ranges::any_of(holder.chain, [&](const view::ChainStep& step) {
      const auto fill = std::ranges::lower_bound(e_.snapshot.map_fills, step.node.object(), {}, &heap::MapFill::header);
      return fill != e_.snapshot.map_fills.end() && step.node.object() && fill->header == step.node.object() &&
             fill->deletes == heap::DeleteTraces::kSome && fill->entries >= holder.count / 2;
    });
  }

  void add(const Holder& holder, const GrowthPace& pace, std::uint64_t in_all, ObjectId whole) {
    const view::HoldingPlace place = e_.places.place_of(whole);
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
    take_removal(suspicion, whole, holder.bytes);
    suspicion.is_general = true;
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = holder.bytes;
    finding.count = holder.count;
    finding.chain = holder.chain;
    finding.allocated_at = holder.allocated_at;
    finding.title = sentence("{}{} gather: few or none have ever gone", holder.what, one_way_to(holder));
    finding.because = sentence(
        "{} of them came since the last of {}, with {} of the {} that the program has ever allocated: at that pace "
        "about {} came in all its life, so nearly all are still there",
        format_count(*holder.recent), format_count(pace.collections(), "collection"),
        format_bytes(pace.allocated_since()), format_bytes(pace.allocated()), format_count(in_all));
    finding.fix = sentence("if nothing else bounds them: drop what is not needed any more, or keep the newest only");
  }

  // Where several have them, who these are tells little: the fields on a way do.
  view::Sentence one_way_to(const Holder& holder) const {
    if (holder.owners.size() == 1) return {};
    return sentence(", as at {},", e_.places.place_of(holder.example.object()).text);
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
};

// Finds lists, maps and trees of whatever make that nothing seems to leave.
void find_what_only_grows(const Evidence& evidence, std::vector<Suspicion>& out) {
  ThingsThatGather(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"1,000 things, and a tenth of the live bytes and a fifteenth of all memory; or 100, and a fifth of the live bytes",
     "less is a list of what there is, and does no harm"},
    {"10 of them came since the last of at least 4 collections", "a table that was filled at the start does not grow"},
    {"at the pace since then, a quarter to twice as many would have come in the program's life",
     "of what comes and goes many more came than are there; allocated bytes are the clock"},
    {"not in what package unique keeps values in", "these go when nobody has a handle to them any more"},
    {"with --since: a tenth and 1 MiB or 1 % of the live bytes more than then", "less may be chance"},
    {"with --since, to be strong: two collections between the looks, 100 things came, and at most one left for fifty",
     "of a cache at work some would have left"}};

const Detector kDetector = {
    .facts = {.id = "only-grows",
              .family = "maps and caches",
              .looks_for = "lists, maps and trees that last, which things come to and hardly ever leave",
              .needs = {.proven = {},
                        .strong =
                            "with --since: what one owner has grew, and of the things that were there then none, or "
                            "nearly none, has left",
                        .possible = "with --since: it grew; else as many came lately as would give all that are there "
                                    "in about the program's life; "
                                    "a cache may not be full yet, or a job may collect its result"},
              .thresholds = kThresholds,
              .change = "if nothing else bounds them, drop what is not needed any more, or keep the newest only"},
    .run = find_what_only_grows};

}  // namespace holdfast::detect::only_grows
