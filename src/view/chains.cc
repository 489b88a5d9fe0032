#include "view/chains.h"

#include <algorithm>

#include "base/units.h"
#include "view/words.h"

namespace holdfast::view {
namespace {

constexpr std::size_t kLongestChain = 40;

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

std::size_t run_of_level(const std::vector<LevelRun>& runs, std::size_t level) {
  for (std::size_t i = 0; i < runs.size(); ++i)
    if (runs[i].level == static_cast<int>(level)) return i;
  return runs.empty() ? 0 : runs.size() - 1;
}

Chains::Chains(const Names& names)
    : names_(names), snapshot_(names.snapshot()), weak_(snapshot_, names.index(), names.type_rules()) {}

// The rules that have a say in the step, each once.
std::vector<heap::OwnerRule> Chains::rules_of(const LevelRun& run, RuleId weak) const {
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

ChainStep Chains::root_step(RootId root) const {
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

ChainStep Chains::object_step(const LevelRun& run, const LevelRun* above) const {
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

std::vector<ChainStep> Chains::chain_of(const std::vector<LevelRun>& runs) const {
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

std::vector<LevelRun> Chains::runs_along(std::span<const graph::NodeId> way,
                                         const graph::Dominators& dominators) const {
  std::vector<LevelRun> runs;
  const auto is_part = [&](graph::NodeId node) { return node.object() && names_.parts().is_part(node.object()); };
  for (const graph::NodeId node : way) {
    const Sort sort = sort_of(names_, dominators, node);
    const bool is_other = runs.empty() || runs.back().sort != sort || is_part(runs.back().last) != is_part(node);
    if (is_other || node.root()) runs.push_back({sort, node, node, false, kNoLevel});
    runs.back().last = node;
  }
  return runs;
}

}  // namespace holdfast::view
