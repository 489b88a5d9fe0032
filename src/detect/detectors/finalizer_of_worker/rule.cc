#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/what_if.h"

namespace holdfast::detect::finalizer_of_worker {
namespace {

using heap::RootKind;
using view::Confidence;
using view::Finding;
using view::GoroutineGroup;
using view::named;
using view::Sentence;
using view::sentence;

// Those of the group that time alone makes go on: a timer, or the end of a sleep. Ascending.
std::vector<GoroutineId> kept_by_time(const Evidence& e, const GoroutineGroup& group) {
  const auto sleeps = [&](GoroutineId id) { return e.snapshot.goroutines[id.row].wait_reason == WaitReason::kSleep; };
  WaitingGroup waiting{&group, group.members};
  std::ranges::sort(waiting.members);
  std::vector<GoroutineId> out;
  std::ranges::copy_if(waiting.members, std::back_inserter(out), sleeps);
  if (out.size() == waiting.members.size()) return out;
  std::erase_if(waiting.members, sleeps);
  ask_without(e, timed_channels(e), waiting);
  out.insert(out.end(), waiting.members.begin(), waiting.members.end());
  std::ranges::sort(out);
  return out;
}

void add(const Evidence& e, const GoroutineGroup& group, const std::vector<GoroutineId>& kept,
         const HeldFromFinalizers& held, std::vector<Suspicion>& out) {
  const heap::Root& special = e.snapshot.roots[held.specials.front().row];
  const view::CodePlace top = e.names.top_frame(*group.first);
  const std::string function(e.snapshot.strings[e.snapshot.labels[special.label.row].code.function]),
      type = e.names.type_of(held.objects.front());
  const std::uint64_t highest = highest_goid(e.snapshot);
  const Ages ages = ages_of(e.snapshot, kept, highest);
  const bool is_strong = held.objects.size() >= kManyWaiting && ages.over_time;
  Suspicion& suspicion = suspect(out, kDetector, {named(function).full, {function, type, top.function}},
                                 is_strong ? Confidence::kStrong : Confidence::kPossible);
  Finding& finding = suspicion.finding;
  for (const GoroutineId id : kept) {
    const heap::Goroutine& goroutine = e.snapshot.goroutines[id.row];
    suspicion.beyond += goroutine.stack.size();
    if (goroutine.root) suspicion.removal.nodes.emplace_back(goroutine.root);
  }
  for (const RootId root : held.specials) suspicion.removal.nodes.emplace_back(root);
  const std::string_view sort = special.kind == RootKind::kFinalizer ? "finalizer" : "cleanup";
  const Sentence what = type.empty() ? sentence("objects") : named(type);
  finding.exclusive_bytes = e.dominators.retained_bytes(group.root);
  finding.bytes = finding.exclusive_bytes + suspicion.beyond;
  finding.count = held.objects.size();
  finding.title =
      sentence("the {} {} of {} × {} never runs: {} at {} {} them", sort, named(function), format_count(finding.count),
               what, format_count(kept.size(), "goroutine"), named(top), kept.size() == 1 ? "holds" : "hold");
  finding.because = sentence("nothing else refers to them, and those goroutines go on by time alone");
  if (ages.over_time) finding.because += sentence("; {}", ages.words(highest));
  finding.fix = sentence(
      "let the goroutine have an inner object, and give the {} to an outer one that only the users have; or stop it "
      "where it is closed",
      sort);
  take_holder(e, group.root, finding);
}

void find_held(const Evidence& e, std::vector<Suspicion>& out) {
  const std::map<RootId, HeldFromFinalizers> held = held_from_finalizers(e);
  const auto has_enough = [](const auto& each) { return each.second.objects.size() >= kFewWaiting; };
  if (std::ranges::none_of(held, has_enough)) return;
  for (const GoroutineGroup& group : view::goroutine_groups(e.snapshot, e.dominators, true)) {
    const auto found = held.find(group.root);
    if (!group.root || found == held.end() || !has_enough(*found) || group.first->system) continue;
    const std::vector<GoroutineId> members = kept_by_time(e, group);
    if (members.size() >= kFewWaiting && members.size() == group.members.size())
      add(e, group, members, found->second, out);
  }
}

constexpr Threshold kThresholds[] = {
    {"5 objects and goroutines at one place, 20 that were made over the program's life for a strong one",
     "a program has a few that work for as long as it runs"},
    {"no finalizer of the standard library", "it closes files and connections, with which goroutines are at work"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "finalizer-of-worker",
              .family = "pools and finalizers",
              .looks_for =
                  "finalizers and cleanups that never run, since a goroutine that works for the object holds it",
              .needs = {.proven = {},
                        .strong =
                            "nothing but goroutines at one place reaches the objects, and only time makes these go "
                            "on, as the graph proves; many of them, made one after another",
                        .possible = "the same of a few, or of those that were made in one go"},
              .thresholds = kThresholds,
              .change = "let the goroutine hold an inner object, and give the finalizer to an outer one"},
    .run = find_held};

}  // namespace holdfast::detect::finalizer_of_worker
