#include <algorithm>
#include <map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector.h"
#include "detect/detector_list.h"
#include "view/chains.h"

namespace holdfast::detect::finalizer_cycle {
namespace {

using view::Confidence;
using view::Finding;
using view::named;
using view::Sentence;
using view::sentence;

constexpr std::size_t kFewest = 10;  // objects
constexpr std::uint64_t kLarge = 64 << 10;
constexpr std::size_t kFarthest = 10'000;      // objects that are looked at for one special
constexpr std::size_t kMostLooks = 4'000'000;  // for all of them

// Whether only finalizers and cleanups hold it, perhaps several of them.
bool is_held_by_specials(const Evidence& e, ObjectId object) {
  const RootId top = e.dominators.top(object).root();
  if (!top) return false;
  const heap::Root& root = e.snapshot.roots[top.row];
  const heap::RootKind kind =
      root.kind == heap::RootKind::kGroup && root.label ? e.snapshot.labels[root.label.row].members : root.kind;
  return kind == heap::RootKind::kFinalizer || kind == heap::RootKind::kCleanup;
}

// Searches from what a finalizer or cleanup refers to for the object that it is about.
class WayBack {
 public:
  explicit WayBack(const Evidence& e) : snapshot_(e.snapshot) {}

  // Returns a shortest way from the root to the object, with both; empty if there is none.
  std::vector<graph::NodeId> way(RootId root) {
    const heap::Root& special = snapshot_.roots[root.row];
    seen_.clear();
    open_.clear();
    for (std::uint32_t t = special.first_target; t < special.first_target + special.target_count; ++t)
      enter(snapshot_.root_targets[t].object, kStart);
    for (std::size_t i = 0; i < open_.size() && i < kFarthest && looks_ < kMostLooks; ++i, ++looks_) {
      const ObjectId object = open_[i].object;
      if (object == special.about) return way_to(i, root);
      if (object.row >= snapshot_.pointerful) continue;
      for (const std::uint32_t edge : snapshot_.edges.of(object.row))
        enter(ObjectId(snapshot_.edges.target[edge]), static_cast<std::uint32_t>(i));
    }
    return {};
  }

 private:
  static constexpr std::uint32_t kStart = ~0U;
  struct Visit {
    ObjectId object;
    std::uint32_t from = kStart;  // of open_
  };

  void enter(ObjectId object, std::uint32_t from) {
    if (seen_.insert(object.row).second) open_.push_back({object, from});
  }
  std::vector<graph::NodeId> way_to(std::size_t visit, RootId root) const {
    std::vector<graph::NodeId> way;
    for (auto at = static_cast<std::uint32_t>(visit); at != kStart; at = open_[at].from)
      way.emplace_back(open_[at].object);
    way.emplace_back(root);
    std::ranges::reverse(way);
    return way;
  }

  const heap::Snapshot& snapshot_;
  std::unordered_set<std::uint32_t> seen_;
  std::vector<Visit> open_;
  std::size_t looks_ = 0;
};

// What holds itself by one function, of one type.
struct Group {
  std::vector<graph::NodeId> roots;
  std::vector<graph::NodeId> way;  // back to one of the objects
  std::vector<ObjectId> objects;
  std::uint64_t bytes = 0;
};
using Key = std::pair<LabelId, TypeId>;

std::map<Key, Group> find_groups(const Evidence& e) {
  std::map<Key, Group> groups;
  WayBack back(e);
  for (std::uint32_t r = 0; r < e.snapshot.roots.size(); ++r) {
    const heap::Root& root = e.snapshot.roots[r];
    const bool is_special = root.kind == heap::RootKind::kFinalizer || root.kind == heap::RootKind::kCleanup;
    if (!is_special || !root.about || !e.dominators.reachable(root.about)) continue;
    if (!is_held_by_specials(e, root.about)) continue;
    std::vector<graph::NodeId> way = back.way(RootId(r));
    if (way.empty()) continue;
    Group& group = groups[{root.label, e.snapshot.object_type[root.about.row].type()}];
    if (group.way.empty()) group.way = std::move(way);
    group.roots.emplace_back(RootId(r));
    group.objects.push_back(root.about);
    group.bytes += e.dominators.retained_bytes(root.about);
  }
  return groups;
}

// Shows the way back, and names the reference that closes the ring.
void take_ring(const Evidence& e, const std::vector<graph::NodeId>& way, Finding& finding) {
  const view::Chains chains(e.names);
  finding.chain = chains.chain_of(chains.runs_along(way, e.dominators));
  if (finding.chain.size() < 3) return;  // the root and the object: it refers to it itself
  const view::ChainStep& last = finding.chain.back();
  const view::ChainStep& before = finding.chain[finding.chain.size() - 2];
  if (!last.field.empty() && !before.type.empty())
    finding.because += sentence(", as from {}{}", named(before.type), last.field);
}

void add(const Evidence& e, const Group& group, std::vector<Suspicion>& out) {
  const heap::Root& root = e.snapshot.roots[group.roots.front().root().row];
  const bool is_finalizer = root.kind == heap::RootKind::kFinalizer;
  const std::string type = e.names.type_of(group.objects.front());
  const Sentence what = type.empty() ? sentence("objects") : named(type);
  const std::string_view function =
      root.label ? e.snapshot.strings[e.snapshot.labels[root.label.row].code.function] : std::string_view();
  const Sentence by = named(std::string(function));
  Suspicion& suspicion =
      suspect(out, kDetector, {function.empty() ? type : std::string(function), {type, std::string(function)}},
              Confidence::kProven);
  suspicion.removal.nodes = group.roots;
  suspicion.places = {std::string(function), type};
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = group.bytes;
  finding.count = group.objects.size();
  const char* const special = is_finalizer ? "finalizer" : "cleanup";
  finding.title =
      sentence("{} × {} are never freed: the {} {} keeps each alive", format_count(finding.count), what, special, by);
  if (finding.count == 1)
    finding.title = sentence("one {} is never freed: its {} {} keeps it alive", what, special, by);
  finding.because =
      is_finalizer
          ? sentence(
                "nothing but finalizers reaches them; a finalizer keeps what its object and its function refer to, "
                "and that leads back to the object")
          : sentence(
                "nothing but cleanups reaches them, and what the cleanup's function and argument refer to leads "
                "back to the object");
  finding.fix =
      is_finalizer
          ? sentence(
                "break the ring: let the parts not refer to the object that has the finalizer, or use "
                "runtime.AddCleanup, which rings do not disturb")
          : sentence("do not let the cleanup's function or argument refer to the object; give it what it needs alone");
  take_ring(e, group.way, finding);
}

// A finalizer runs when the collector did not reach its object, and whatever the object refers to is reached from the
// finalizer itself (reference 6.5).
void find_cycles(const Evidence& e, std::vector<Suspicion>& out) {
  for (const auto& [key, group] : find_groups(e))
    if (group.objects.size() >= kFewest || group.bytes >= kLarge) add(e, group, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"ten objects of one type, or 64 KiB", "one that was made at the start and is never freed costs nothing more"},
    {"a way back over at most 10,000 objects", "the search ends there, and nothing is said then"}};

const Detector kDetector = {
    .facts = {.id = "finalizer-cycle",
              .family = "pools and finalizers",
              .looks_for = "objects that their own finalizers or cleanups keep alive, so that they are never freed",
              .needs = {.proven = "nothing but finalizers and cleanups reaches the object, and what its own refers to "
                                  "leads back to it",
                        .strong = {},
                        .possible = {}},
              .thresholds = kThresholds,
              .change = "break the ring, or use runtime.AddCleanup with a function that does not refer to the object"},
    .run = find_cycles};

}  // namespace holdfast::detect::finalizer_cycle
