#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector.h"
#include "detect/detector_list.h"

namespace holdfast::detect::context_children {
namespace {

using view::Confidence;
using view::Finding;
using view::Sentence;
using view::sentence;

constexpr std::uint64_t kFewest = 100;
constexpr std::size_t kMostAbove = 8;  // objects of a map

// Children of one parent that nothing but its own list of them leads to.
struct Forgotten {
  std::vector<graph::NodeId> objects;
  std::uint64_t bytes = 0;
  RuleId rule;
};

// The list is a map, or a table of one, below the parent: everything on the way up to the parent is its inside.
bool is_held_by_list_alone(const Evidence& e, ObjectId child, ObjectId parent) {
  graph::NodeId above = e.dominators.idom(child);
  for (std::size_t i = 0; i < kMostAbove && above.object() && above.object() != parent; ++i) {
    if (e.names.container(above.object()) != view::Container::kMap) return false;
    above = e.dominators.idom(above);
  }
  return above.object() == parent;
}

// context.AfterFunc makes such children, and whoever drops what it returns may never want to stop it.
bool is_function_to_call(const Evidence& e, ObjectId child) {
  const heap::ObjectType known = e.snapshot.object_type[child.row];
  return known && e.snapshot.strings[e.snapshot.types[known.type().row].name] == "context.afterFuncCtx";
}

// By parent, and whether they are functions to call.
std::map<std::pair<ObjectId, bool>, Forgotten> find_forgotten(const Evidence& e) {
  std::map<std::pair<ObjectId, bool>, Forgotten> by_parent;
  e.names.children().for_each([&](ObjectId child) {
    const ObjectId parent = e.names.children().parent(child);
    if (!e.dominators.reachable(child) || !is_held_by_list_alone(e, child, parent)) return;
    Forgotten& forgotten = by_parent[{parent, is_function_to_call(e, child)}];
    forgotten.objects.emplace_back(child);
    forgotten.bytes += e.dominators.retained_bytes(child);
    forgotten.rule = e.names.children().rule(child);
  });
  return by_parent;
}

void add(const Evidence& e, ObjectId parent, bool are_functions, Forgotten forgotten, std::vector<Suspicion>& out) {
  const heap::OwnerRule& rule = e.names.rules()[forgotten.rule];
  view::HoldingPlace place = e.places.place_of(parent);
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity},
                                 are_functions ? Confidence::kPossible : Confidence::kProven);
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = forgotten.bytes;
  finding.count = forgotten.objects.size();
  finding.chain = std::move(place.chain);
  if (are_functions) {
    finding.title = sentence("{} of context.AfterFunc wait for the end of the {} {}, and nobody can stop them any more",
                             format_count(finding.count, "function"), rule.name, place.text);
    finding.because = sentence("what AfterFunc returned for each is gone, so they stay until the parent is cancelled");
    finding.fix =
        sentence("call the function that context.AfterFunc returns when there is nothing to wait for any more");
  } else {
    finding.title = sentence("{} children of the {} {} can only go with it: nobody has their cancel functions any more",
                             format_count(finding.count), rule.name, place.text);
    finding.because = sentence(
        "each is registered with its parent, and nothing else refers to it: nobody waits for it, "
        "works with it or can cancel it");
    finding.fix = sentence(
        "call the cancel function that With... returns, with defer right behind it; go vet's "
        "lostcancel finds where it is dropped");
  }
  std::vector<ObjectId> contexts;
  for (const graph::NodeId node : forgotten.objects) contexts.push_back(node.object());
  take_places(e, contexts, finding);
  suspicion.places = {e.names.type_of(parent)};
  suspicion.removal.nodes = std::move(forgotten.objects);
}

void find_children(const Evidence& e, std::vector<Suspicion>& out) {
  for (auto& [which, forgotten] : find_forgotten(e)) {
    const auto& [parent, are_functions] = which;
    if (forgotten.objects.size() < kFewest || (are_functions && forgotten.bytes < e.smallest)) continue;
    add(e, parent, are_functions, std::move(forgotten), out);
  }
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"a hundred children of one parent",
     "a few of them may be those of functions that return before anything is cancelled, once at the start"},
    {"of functions of context.AfterFunc also 1 MiB or 1 % of the live bytes", "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "context-children",
              .family = "channels, timers, contexts",
              .looks_for = "contexts that were never cancelled, and that nobody can cancel any more",
              .needs = {.proven = "nothing refers to the context but the list of children of its parent: its cancel "
                                  "function is gone, so it stays until the parent is cancelled",
                        .strong = {},
                        .possible = "the same of functions of context.AfterFunc, which may be meant to stay"},
              .thresholds = kThresholds,
              .change = "call the cancel function that With... returns, with defer right behind it"},
    .run = find_children};

}  // namespace holdfast::detect::context_children
