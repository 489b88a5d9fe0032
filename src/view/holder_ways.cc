#include "view/holder_ways.h"

#include <algorithm>
#include <span>

#include "base/units.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kLongestChain = 40;
constexpr int kMostGaps = 16;  // of a chain in which a way is looked for

StepKind kind_of(heap::RootKind kind) {
  switch (kind) {
    case heap::RootKind::kGroup:
      return StepKind::kGroup;
    case heap::RootKind::kGoroutine:
      return StepKind::kGoroutine;
    case heap::RootKind::kFrame:
      return StepKind::kFrame;
    default:
      return StepKind::kRoot;
  }
}

// Cuts steps from the middle; both ends stay.
void shorten(std::vector<ChainStep>& chain) {
  const std::size_t half = kLongestChain / 2;
  const std::size_t gone = chain.size() - 2 * half;
  ChainStep gap;
  gap.text = sentence("{} more", gone);
  gap.least = gap.text.brief;
  gap.kind = StepKind::kGap;
  const auto begin = chain.begin() + static_cast<std::ptrdiff_t>(half);
  chain.erase(begin + 1, begin + static_cast<std::ptrdiff_t>(gone));
  *begin = gap;
}

}  // namespace

// A node on the way from a root to an object.
struct HolderWays::WayNode {
  graph::NodeId node;
  bool several = false;  // see LevelRun
};

std::size_t run_of_level(const std::vector<LevelRun>& runs, std::size_t level) {
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (runs[i].level == static_cast<int>(level)) return i;
  return runs.empty() ? 0 : runs.size() - 1;
}

std::uint32_t first_of(const Owners& owners, const Home& home) {
  const auto variable = std::ranges::find_if(
      home.owners, [&](std::uint32_t owner) { return owners.rows()[owner].kind == OwnerKind::kVariable; });
  return variable == home.owners.end() ? home.owners.front() : *variable;
}

HolderWays::HolderWays(const Names& names, const graph::Dominators& dominators, const Owners& owners)
    : names_(names),
      snapshot_(names.snapshot()),
      dominators_(dominators),
      owners_(owners),
      weak_(snapshot_, names.index(), names.type_rules()) {}

Ways& HolderWays::ways() {
  if (!ways_) ways_ = std::make_unique<Ways>(snapshot_, weak_.flags());
  return *ways_;
}

// Returns the way that every way to `end` takes, from the outermost node on, and between two of its nodes the shortest
// way where several lead on.
std::vector<HolderWays::WayNode> HolderWays::way_to(graph::NodeId end, const Home& home, WayTo wanted) {
  std::vector<graph::NodeId> nodes;
  for (graph::NodeId node = end; node && node != graph::NodeId::super_root(); node = dominators_.idom(node))
    nodes.push_back(node);
  std::reverse(nodes.begin(), nodes.end());
  std::vector<WayNode> way;
  if (nodes.front().object() && !home.owners.empty()) {
    if (const auto before = way_from(first_of(owners_, home), nodes.front().object(), wanted)) {
      if (before->back() != nodes.front()) go_from(before->back(), nodes);
      for (const graph::NodeId node : std::span(*before).first(before->size() - 1)) way.push_back({node, true});
    }
  }
  int gaps = 0;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const bool jumps = i > 0 && nodes[i].object() && !names_.refers(nodes[i - 1], nodes[i].object());
    if (jumps && gaps++ < kMostGaps)
      for (const graph::NodeId node : way_between(nodes[i - 1], nodes[i].object())) way.push_back({node, true});
    way.push_back({nodes[i], false});
  }
  return way;
}

// The last node of the way is what was wanted.
std::optional<std::vector<graph::NodeId>> HolderWays::way_from(std::uint32_t owner, ObjectId object, WayTo wanted) {
  const std::uint32_t home = owners_.home_of(object);
  const Sort sort = sort_of(names_, dominators_, object);
  return ways().from_roots(owners_.rows()[owner].roots, [&](ObjectId other) {
    if (wanted == WayTo::kTheObject) return other == object;
    return owners_.is_shared(other) && owners_.home_of(other) == home && is_like(other, object, sort);
  });
}

// Replaces the nodes by a way down from another first one, through nodes of the same sorts, as far as there is one.
void HolderWays::go_from(graph::NodeId first, std::vector<graph::NodeId>& nodes) const {
  nodes.front() = first;
  for (std::size_t i = 1; i < nodes.size(); ++i) {
    const graph::NodeId next = child_like(nodes[i - 1].object(), nodes[i]);
    if (!next) {
      nodes.resize(i);
      return;
    }
    nodes[i] = next;
  }
}

graph::NodeId HolderWays::child_like(ObjectId above, graph::NodeId example) const {
  if (above.row >= snapshot_.pointerful) return {};
  const Sort sort = sort_of(names_, dominators_, example);
  for (std::uint32_t e = snapshot_.edges.row_begin[above.row]; e < snapshot_.edges.row_begin[above.row + 1]; ++e) {
    const ObjectId child(snapshot_.edges.target[e]);
    if (dominators_.idom(child) == graph::NodeId(above) && is_like(child, example, sort)) return child;
  }
  return {};
}

bool HolderWays::is_like(graph::NodeId node, graph::NodeId example, Sort sort_of_example) const {
  return is_part(node) == is_part(example) && sort_of(names_, dominators_, node) == sort_of_example;
}

std::vector<graph::NodeId> HolderWays::way_between(graph::NodeId from, ObjectId to) {
  if (from.object()) return ways().between(from.object(), to).value_or(std::vector<graph::NodeId>());
  const RootId root = from.root();
  std::vector<graph::NodeId> way = ways()
                                       .from_roots({&root, 1}, [&](ObjectId object) { return object == to; })
                                       .value_or(std::vector<graph::NodeId>());
  if (!way.empty()) way.pop_back();  // `to` itself
  const auto here = std::ranges::find(way, from);
  if (here != way.end()) way.erase(way.begin(), here + 1);
  return way;
}

std::vector<LevelRun> HolderWays::runs_to(graph::NodeId end, const Home& home, WayTo wanted) {
  std::vector<LevelRun> runs;
  int level = kNoLevel;
  Sort above = 0;
  for (const WayNode& step : way_to(end, home, wanted)) {
    const Sort sort = sort_of(names_, dominators_, step.node);
    int of_step = kNoLevel;
    if (!step.several) {
      // The first level is the home's: its root, or nothing if several owners share.
      if (level == kNoLevel)
        level = step.node.root() ? 0 : 1;
      else if (sort != above)
        ++level;
      above = sort;
      of_step = level;
    }
    const bool is_other = runs.empty() || runs.back().sort != sort || is_part(runs.back().last) != is_part(step.node);
    if (is_other || (of_step != runs.back().level && !step.several))
      runs.push_back({sort, step.node, step.node, step.several, of_step});
    runs.back().last = step.node;
  }
  return runs;
}

std::optional<std::vector<LevelRun>> HolderWays::runs_from(std::uint32_t owner, const LevelRun& shared, WayTo wanted) {
  const auto way = way_from(owner, shared.first.object(), wanted);
  if (!way) return std::nullopt;
  std::vector<LevelRun> runs;
  for (const graph::NodeId node : std::span(*way).first(way->size() - 1)) {
    const Sort sort = sort_of(names_, dominators_, node);
    if (runs.empty() || runs.back().sort != sort) runs.push_back({sort, node, node, true, kNoLevel});
    runs.back().last = node;
  }
  runs.push_back({shared.sort, way->back(), way->back(), false, shared.level});
  return runs;
}

// The rules that have a say in the step, each once.
std::vector<heap::OwnerRule> HolderWays::rules_of(const LevelRun& run, RuleId weak) const {
  std::vector<heap::OwnerRule> rules;
  const auto add = [&](RuleId rule) {
    if (rule && !std::ranges::count(rules, names_.rules()[rule])) rules.push_back(names_.rules()[rule]);
  };
  const TypeRules& by_type = names_.type_rules();
  for (const graph::NodeId node : {run.first, run.last}) {
    const TypeId type = snapshot_.object_type[node.object().row].type();
    for (const RuleId rule :
         {by_type.container_rule(type), by_type.alike(type), by_type.holder(type), by_type.through(type)})
      add(rule);
    add(names_.children().rule(node.object()));
  }
  add(weak);
  return rules;
}

ChainStep HolderWays::root_step(RootId root) const {
  const heap::Root& row = snapshot_.roots[root.row];
  ChainStep step;
  step.kind = kind_of(row.kind);
  step.root = facts_of(snapshot_, row);
  step.text = named(snapshot_, row);
  step.least = root_text(snapshot_, row, Detail::kPlace);
  step.type = type_name(snapshot_, row.type);
  step.address = row.where;
  return step;
}

ChainStep HolderWays::object_step(const LevelRun& run, const LevelRun* above) const {
  const ObjectId object = run.first.object();
  const bool is_container = names_.is_container(object);
  ChainStep step;
  step.kind = is_container ? StepKind::kContainer : StepKind::kObject;
  step.bytes = names_.index().size_of(object);
  step.type = is_container ? names_.container_of(object) : names_.type_of(object);
  step.text = step.type.empty() ? sentence("object of {}", format_bytes(step.bytes)) : named(step.type);
  step.least = step.text.brief;
  step.address = names_.index().address_of(object);
  step.place = names_.closure_place(object);
  const ObjectId before = above == nullptr ? ObjectId() : above->last.object();
  const RuleId weak = before ? weak_.rule(before, object) : RuleId();
  step.weak = static_cast<bool>(weak);
  step.rules = rules_of(run, weak);
  if (above != nullptr) step.field = names_.field(above->last, object).value_or(heap::FieldPath()).text;
  if (before && !is_container && names_.is_container(before)) step.key = names_.map_key(before, object).value_or("");
  return step;
}

std::vector<ChainStep> HolderWays::chain_of(const std::vector<LevelRun>& runs) const {
  std::vector<ChainStep> chain;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    const RootId root = runs[i].first.root();
    chain.push_back(root ? root_step(root) : object_step(runs[i], i > 0 ? &runs[i - 1] : nullptr));
    chain.back().node = runs[i].first;
    chain.back().several = runs[i].several;
  }
  if (chain.size() > kLongestChain) shorten(chain);
  return chain;
}

}  // namespace holdfast::view
