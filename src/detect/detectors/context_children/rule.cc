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

std::map<ObjectId, Forgotten> find_forgotten(const Evidence& e) {
  std::map<ObjectId, Forgotten> by_parent;
  e.names.children().for_each([&](ObjectId child) {
    const ObjectId parent = e.names.children().parent(child);
    if (!e.dominators.reachable(child) || !is_held_by_list_alone(e, child, parent)) return;
    Forgotten& forgotten = by_parent[parent];
    forgotten.objects.emplace_back(child);
    forgotten.bytes += e.dominators.retained_bytes(child);
    forgotten.rule = e.names.children().rule(child);
  });
  return by_parent;
}

void add(const Evidence& e, ObjectId parent, Forgotten forgotten, std::vector<Suspicion>& out) {
  const heap::OwnerRule& rule = e.names.rules()[forgotten.rule];
  view::HoldingPlace place = e.places.place_of(parent);
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity}, Confidence::kProven);
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = forgotten.bytes;
  finding.count = forgotten.objects.size();
  finding.chain = std::move(place.chain);
  finding.title = sentence("{} children of the {} {} can only go with it: nobody has their cancel functions any more",
                           format_count(finding.count), rule.name, place.text);
  finding.because = sentence(
      "each is registered with its parent, and nothing else refers to it: nobody waits for it, "
      "works with it or can cancel it");
  finding.fix = sentence(
      "call the cancel function that With... returns, with defer right behind it; go vet's "
      "lostcancel finds where it is dropped");
  std::vector<ObjectId> contexts;
  for (const graph::NodeId node : forgotten.objects) contexts.push_back(node.object());
  take_places(e, contexts, finding);
  suspicion.places = {e.names.type_of(parent)};
  suspicion.removal.nodes = std::move(forgotten.objects);
}

void find_children(const Evidence& e, std::vector<Suspicion>& out) {
  for (auto& [parent, forgotten] : find_forgotten(e))
    if (forgotten.objects.size() >= kFewest) add(e, parent, std::move(forgotten), out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"a hundred children of one parent",
     "a few of them may be those of functions that return before anything is cancelled, once at the start"}};

const Detector kDetector = {
    .facts = {.id = "context-children",
              .family = "channels, timers, contexts",
              .looks_for = "contexts that were never cancelled, and that nobody can cancel any more",
              .needs = {.proven = "nothing refers to the context but the list of children of its parent: its cancel "
                                  "function is gone, so it stays until the parent is cancelled",
                        .strong = {},
                        .possible = {}},
              .thresholds = kThresholds,
              .change = "call the cancel function that With... returns, with defer right behind it"},
    .run = find_children};

}  // namespace holdfast::detect::context_children
