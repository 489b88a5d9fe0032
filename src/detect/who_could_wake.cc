#include "detect/who_could_wake.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "graph/leaked_goroutines.h"

namespace holdfast::detect {
namespace {

using graph::NodeId;
using view::named;
using view::Sentence;
using view::sentence;

constexpr std::size_t kMostLookedAt = 256;  // of the goroutines at one place
constexpr int kMostAsked = 3;               // each is a search over the heap

std::span<const heap::WakeUp> wake_ups_of(const heap::Snapshot& snapshot, GoroutineId id) {
  const auto range = std::ranges::equal_range(snapshot.wake_ups, id, {}, &heap::WakeUp::goroutine);
  return {range.begin(), range.end()};
}

// The nodes with which all ways begin, without what they lead to.
std::vector<NodeId> common_way(const std::vector<std::vector<NodeId>>& ways) {
  std::vector<NodeId> common(ways.front().begin(), std::prev(ways.front().end()));
  for (const auto& way : ways) {
    const auto differs = std::ranges::mismatch(common, std::span(way).first(way.size() - 1));
    common.erase(differs.in1, common.end());
  }
  return common;
}

Sentence listed(const std::vector<Sentence>& parts) {
  Sentence out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out += sentence("{}", i + 1 == parts.size() ? " or " : ", ");
    out += parts[i];
  }
  return out;
}

}  // namespace

WhoCouldWake::WhoCouldWake(const Evidence& evidence) : e_(evidence) {
  for (const heap::Actor& actor : e_.snapshot.actors)
    if (actor.kind == heap::ActorKind::kTimer) timed_.push_back(actor.object);
  std::ranges::sort(timed_);
}

// From the roots of those who can act: a goroutine that waits itself wakes nobody before somebody wakes it. The
// runtime's records of waits and of timers lead to what is waited for, but nobody acts on them.
const graph::ShortestWays& WhoCouldWake::ways() {
  if (ways_) return *ways_;
  std::vector<bool> waits(e_.snapshot.goroutines.size());
  for (const heap::WakeUp& wake_up : e_.snapshot.wake_ups) waits[wake_up.goroutine.row] = true;
  graph::ReachOptions options{.use_root = {}, .without = records_of_waits(e_), .without_pointers = {}};
  for (const heap::Actor& actor : e_.snapshot.actors)
    if (actor.kind == heap::ActorKind::kTimerList) options.without.push_back(actor.object);
  options.use_root = [&](RootId root) {
    const GoroutineId goroutine = e_.snapshot.roots[root.row].goroutine;
    return !goroutine || !waits[goroutine.row];
  };
  return ways_.emplace(e_.snapshot, graph::WayPreference(), options);
}

void WhoCouldWake::add(ObjectId awaited, Cases& cases) {
  if (std::ranges::binary_search(timed_, awaited)) {
    ++cases.timers;
    for (const heap::Timer& timer : e_.snapshot.timers)
      if (timer.argument == awaited && timer.due_known)
        cases.next_due_ns = std::min(timer.due_in_ns, cases.next_due_ns.value_or(timer.due_in_ns));
    return;
  }
  std::vector<NodeId> way = ways().way_to(awaited);
  const ObjectId thing = e_.names.parts().thing(awaited);
  if (way.empty())
    ++cases.dead;
  else if (thing != awaited && e_.names.type_of(thing).starts_with("context."))
    cases.contexts.push_back(thing);
  else
    cases.ways.push_back(std::move(way));
}

WhoCouldWake::Cases WhoCouldWake::cases_of(std::span<const GoroutineId> goroutines) {
  Cases cases;
  for (const GoroutineId id : goroutines.first(std::min(goroutines.size(), kMostLookedAt)))
    for (const heap::WakeUp& wake_up : wake_ups_of(e_.snapshot, id))
      if (wake_up.object && e_.dominators.reachable(wake_up.object)) add(wake_up.object, cases);
  return cases;
}

Sentence WhoCouldWake::place_of(NodeId node) {
  if (const ObjectId object = node.object()) return e_.places.place_of(object).text;
  const heap::Root& root = e_.snapshot.roots[node.root().row];
  if (!root.goroutine) return named(e_.snapshot, root);
  const heap::Goroutine& goroutine = e_.snapshot.goroutines[root.goroutine.row];
  const view::CodePlace frame =
      root.frame ? e_.names.frame(e_.snapshot.frames[root.frame.row]) : e_.names.top_frame(goroutine);
  return sentence("goroutine {} at {}", goroutine.goid, named(frame));
}

// Whether nobody could wake any of them if nobody had that object.
bool WhoCouldWake::is_only_way(std::span<const GoroutineId> goroutines, ObjectId keeper) {
  if (++asked_ > kMostAsked) return false;
  graph::LeakQuestion question;
  question.without_objects = {keeper};
  const std::vector<GoroutineId> without =
      graph::LeakSearch(e_.snapshot, question).goroutines(graph::reachability(e_.dominators));
  return std::ranges::all_of(goroutines, [&](GoroutineId id) { return std::ranges::binary_search(without, id); });
}

Sentence WhoCouldWake::keeper_words(std::span<const GoroutineId> goroutines, const Cases& cases) {
  const std::vector<NodeId> common = common_way(cases.ways);
  if (common.empty()) return sentence("what is reached from {} and from others", place_of(cases.ways.front().front()));
  const NodeId keeper = common.back();
  if (keeper.object() && cases.count() == cases.ways.size() && is_only_way(goroutines, keeper.object()))
    return sentence("what only {} leads to; no goroutine that can act has it in hand", place_of(keeper));
  return sentence("what {} leads to", place_of(keeper));
}

// If all wait for one thing: who has it in hand, and does something else.
Sentence WhoCouldWake::hand_words(std::span<const GoroutineId> goroutines, const Cases& cases) const {
  if (cases.ways.empty()) return {};
  const ObjectId awaited = cases.ways.front().back().object();
  const auto is_awaited = [&](const auto& way) { return way.back() == graph::NodeId(awaited); };
  if (goroutines.size() == 1 || !std::ranges::all_of(cases.ways, is_awaited)) return {};
  const Hands hands(e_, std::span(&awaited, 1));
  for (const Hand& hand : hands.of(awaited)) {
    const auto own = wake_ups_of(e_.snapshot, hand.goroutine);
    if (std::ranges::find(own, awaited, &heap::WakeUp::object) == own.end()) return hand_text(e_, hand, sentence("it"));
  }
  return {};
}

bool WhoCouldWake::wake_by_time_alone(std::span<const GoroutineId> goroutines) {
  const Cases cases = cases_of(goroutines);
  return cases.timers > 0 && cases.contexts.empty() && cases.ways.empty();
}

std::optional<Hand> WhoCouldWake::leaked_hand(std::span<const GoroutineId> goroutines) const {
  ObjectId awaited;
  for (const GoroutineId id : goroutines) {
    const auto own = wake_ups_of(e_.snapshot, id);
    if (own.size() != 1 || !own.front().object || (awaited && awaited != own.front().object)) return std::nullopt;
    awaited = own.front().object;
  }
  if (!awaited) return std::nullopt;
  std::optional<Hand> found;
  const Hands hands(e_, std::span(&awaited, 1));
  for (const Hand& hand : hands.of(awaited)) {
    const auto own = wake_ups_of(e_.snapshot, hand.goroutine);
    if (std::ranges::find(own, awaited, &heap::WakeUp::object) != own.end()) continue;
    if (!std::ranges::binary_search(e_.groundwork.leaked().goroutines, hand.goroutine)) return std::nullopt;
    if (!found) found = hand;
  }
  return found;
}

Sentence WhoCouldWake::words(std::span<const GoroutineId> goroutines) {
  Cases cases = cases_of(goroutines);
  if (cases.count() == 0) return {};
  std::vector<Sentence> parts;
  if (cases.dead > 0) parts.push_back(sentence("what nobody who can act has"));
  std::ranges::sort(cases.contexts);
  const auto again = std::ranges::unique(cases.contexts);
  cases.contexts.erase(again.begin(), again.end());
  if (!cases.contexts.empty())
    parts.push_back(sentence("the end of {} ({})", cases.contexts.size() == 1 ? "one context" : "contexts, as of one",
                             e_.places.place_of(cases.contexts.front()).text));
  if (cases.timers > 0)
    parts.push_back(cases.next_due_ns
                        ? sentence("a timer, the next one in {}",
                                   duration(static_cast<std::uint64_t>(std::max<std::int64_t>(*cases.next_due_ns, 0))))
                        : sentence("a timer"));
  if (!cases.ways.empty()) parts.push_back(keeper_words(goroutines, cases));
  Sentence out = sentence("{} for {}", goroutines.size() == 1 ? "it waits" : "they wait", listed(parts));
  if (const Sentence hand = hand_words(goroutines, cases); !hand.empty()) out += sentence("; {}", hand);
  return out;
}

}  // namespace holdfast::detect
