#include "detect/what_if.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

#include "heap/plumbing.h"

namespace holdfast::detect {
namespace {

bool is_of_program(const Evidence& e, const heap::Root& special) {
  if (special.kind != heap::RootKind::kFinalizer && special.kind != heap::RootKind::kCleanup) return false;
  if (!special.about || !special.label || !e.dominators.reachable(special.about)) return false;
  const std::string_view function = e.snapshot.strings[e.snapshot.labels[special.label.row].code.function];
  return !function.empty() && !heap::is_standard_library(function, e.snapshot.target.main_module);
}

}  // namespace

std::map<RootId, HeldFromFinalizers> held_from_finalizers(const Evidence& evidence) {
  std::map<RootId, HeldFromFinalizers> out;
  for (std::uint32_t r = 0; r < evidence.snapshot.roots.size(); ++r) {
    const heap::Root& special = evidence.snapshot.roots[r];
    if (!is_of_program(evidence, special)) continue;
    const RootId top = evidence.dominators.top(special.about).root();
    if (!top) continue;
    HeldFromFinalizers& held = out[top];
    held.objects.push_back(special.about);
    held.specials.emplace_back(r);
  }
  return out;
}

bool any_wait_in_selects(const Evidence& evidence) {
  return std::ranges::any_of(evidence.report.goroutines, [](const view::GoroutineRow& row) {
    return row.count >= kFewWaiting && row.wait_reason == WaitReason::kSelect && !row.system;
  });
}

std::vector<WaitingGroup> waiting_groups(const std::vector<view::GoroutineGroup>& groups,
                                         const std::vector<GoroutineId>& candidates) {
  constexpr std::size_t kMostGroups = 8;
  std::vector<WaitingGroup> out;
  for (const view::GoroutineGroup& group : groups) {
    WaitingGroup waiting{&group, {}};
    std::ranges::copy_if(group.members, std::back_inserter(waiting.members),
                         [&](GoroutineId id) { return std::ranges::binary_search(candidates, id); });
    std::ranges::sort(waiting.members);
    if (waiting.members.size() >= kFewWaiting) out.push_back(std::move(waiting));
  }
  std::ranges::stable_sort(out, std::greater(), [](const WaitingGroup& each) { return each.members.size(); });
  out.resize(std::min(out.size(), kMostGroups));
  return out;
}

std::vector<ObjectId> timed_channels(const Evidence& evidence) {
  std::vector<ObjectId> out;
  for (const heap::Actor& actor : evidence.snapshot.actors)
    if (actor.kind == heap::ActorKind::kTimer) out.push_back(actor.object);
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

graph::LeakedGoroutines ask_without(const Evidence& evidence, const std::vector<ObjectId>& wake_ups,
                                    WaitingGroup& waiting) {
  graph::LeakedGoroutines without =
      graph::find_leaked_goroutines(evidence.snapshot, graph::reachability(evidence.dominators),
                                    {.without_wake_ups = wake_ups, .for_goroutines = waiting.members});
  std::erase_if(waiting.members, [&](GoroutineId id) { return !std::ranges::binary_search(without.goroutines, id); });
  return without;
}

Suspicion* suspect_waiting(const Evidence& evidence, const Detector& detector, const WaitingGroup& waiting,
                           const graph::LeakedGoroutines& without, std::string_view how_long, view::Sentence because,
                           std::vector<Suspicion>& out) {
  const heap::Snapshot& snapshot = evidence.snapshot;
  const std::vector<GoroutineId>& members = waiting.members;
  const auto row = std::ranges::find(evidence.report.goroutines, waiting.group->root, &view::GoroutineRow::root);
  if (members.size() < kFewWaiting || row == evidence.report.goroutines.end()) return nullptr;
  const std::uint64_t highest = highest_goid(snapshot);
  const Ages ages = ages_of(snapshot, members, highest);
  if (ages.over_time) because += view::sentence("; {}", ages.words(highest));
  std::uint64_t stacks = 0;
  for (const GoroutineId id : members) stacks += snapshot.goroutines[id.row].stack.size();
  const std::uint64_t held = graph::held_by_groups(snapshot, without, std::span(&members, 1)).front().bytes;
  const bool is_strong = members.size() >= kManyWaiting && ages.over_time;
  Suspicion& suspicion = suspect_blocked(evidence, detector, *row, {members.size(), held, stacks}, how_long, because,
                                         is_strong ? view::Confidence::kStrong : view::Confidence::kPossible, out);
  suspicion.is_exact = true;
  for (const GoroutineId id : members)
    if (const RootId root = snapshot.goroutines[id.row].root) suspicion.removal.nodes.emplace_back(root);
  return &suspicion;
}

}  // namespace holdfast::detect
