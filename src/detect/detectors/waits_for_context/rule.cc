#include <algorithm>
#include <map>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/what_if.h"
#include "heap/field_path.h"

namespace holdfast::detect::waits_for_context {
namespace {

using view::sentence;

constexpr int kMostAncestors = 64;

// The channels that contexts without a deadline close when they are cancelled, with the contexts.
class DoneChannels {
 public:
  explicit DoneChannels(const Evidence& e) : e_(e) {
    for (const heap::WakeUp& wake_up : e.snapshot.wake_ups) {
      const ObjectId context = context_of(wake_up.object);
      if (context && !has_deadline(context)) contexts_.emplace(wake_up.object, context);
    }
  }

  std::vector<ObjectId> channels() const {
    std::vector<ObjectId> out;
    for (const auto& [channel, context] : contexts_) out.push_back(channel);
    return out;
  }
  // None if it is the channel of no such context.
  ObjectId context(ObjectId channel) const {
    const auto found = contexts_.find(channel);
    return found == contexts_.end() ? ObjectId() : found->second;
  }

 private:
  ObjectId context_of(ObjectId channel) const {
    if (!channel || !e_.dominators.reachable(channel)) return {};
    const ObjectId thing = e_.names.parts().thing(channel);
    return thing != channel && is_context(thing) ? thing : ObjectId();
  }
  bool is_context(ObjectId object) const { return e_.names.type_of(object).starts_with("context."); }

  // It ends by itself, or one above it does. What a context was derived from is its first field, an interface.
  bool has_deadline(ObjectId context) const {
    for (int i = 0; context && i < kMostAncestors; ++i) {
      if (e_.names.type_of(context) == "context.timerCtx") return true;
      context = derived_from(context);
    }
    return false;
  }
  ObjectId derived_from(ObjectId context) const {
    if (context.row >= e_.snapshot.pointerful) return {};
    for (const std::uint32_t edge : e_.snapshot.edges.of(context.row)) {
      const ObjectId target(e_.snapshot.edges.target[edge]);
      const std::uint64_t header = e_.snapshot.spans[e_.names.index().find_span(context).row].header;
      if (heap::edge_offset(e_.snapshot.edges, context, edge) == header + 8 && is_context(target)) return target;
    }
    return {};
  }

  const Evidence& e_;
  std::map<ObjectId, ObjectId> contexts_;
};

// Goroutines that the end of a context alone can wake, if all others that contexts wake are left out as well, though
// they wait for something else. Ascending, each with its context.
std::map<GoroutineId, ObjectId> waiting_for_context(const Evidence& e, const DoneChannels& done) {
  const graph::Reachability reached = graph::reachability(e.dominators);
  std::map<GoroutineId, ObjectId> out;
  for (const GoroutineId id :
       graph::LeakSearch(e.snapshot, {.without_wake_ups = done.channels()}).goroutines(reached)) {
    if (std::ranges::binary_search(e.groundwork.leaked().goroutines, id)) continue;
    ObjectId context;
    bool has_other = false;
    for (const heap::WakeUp& wake_up :
         std::ranges::equal_range(e.snapshot.wake_ups, id, {}, &heap::WakeUp::goroutine)) {
      const ObjectId its_context = done.context(wake_up.object);
      if (its_context)
        context = its_context;
      else
        has_other = has_other || wake_up.object;
    }
    if (context && has_other) out.emplace(id, context);
  }
  return out;
}

void add_group(const Evidence& e, const DoneChannels& done, const std::map<GoroutineId, ObjectId>& context_of,
               WaitingGroup waiting, std::vector<Suspicion>& out) {
  const graph::LeakedGoroutines without = ask_without(e, done.channels(), waiting);
  std::map<ObjectId, std::uint64_t> contexts;
  for (const GoroutineId id : waiting.members) ++contexts[context_of.at(id)];
  if (contexts.empty()) return;
  const ObjectId most = std::ranges::max_element(contexts, {}, [](const auto& each) { return each.second; })->first;
  view::Sentence because = sentence("nobody else refers to what they wait for but {} by nothing but a cancel: {}",
                                    contexts.size() == 1 ? "one context, which ends" : "their contexts, which end",
                                    e.places.place_of(most).text);
  Suspicion* const suspicion =
      suspect_waiting(e, kDetector, waiting, without, "until a context is cancelled", because, out);
  if (suspicion == nullptr) return;
  std::vector<ObjectId> made;
  for (const auto& [context, count] : contexts) made.push_back(context);
  take_places(e, made, suspicion->finding);
}

void find_waiting(const Evidence& e, std::vector<Suspicion>& out) {
  if (!any_wait_in_selects(e)) return;
  const DoneChannels done(e);
  if (done.channels().empty()) return;
  const std::map<GoroutineId, ObjectId> context_of = waiting_for_context(e, done);
  std::vector<GoroutineId> candidates;
  for (const auto& [id, context] : context_of) candidates.push_back(id);
  const std::vector<view::GoroutineGroup> groups = view::goroutine_groups(e.snapshot, e.dominators, true);
  for (WaitingGroup& waiting : waiting_groups(groups, candidates))
    add_group(e, done, context_of, std::move(waiting), out);
}

constexpr Threshold kThresholds[] = {
    {"5 goroutines at one place, 20 that were made over the program's life for a strong one",
     "one that watches over the whole program may wait so"},
    {"no context with a deadline, nor one below such", "it ends by itself"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "waits-for-context",
              .family = "goroutines",
              .looks_for = "goroutines that only the end of a long-lived context can wake",
              .needs = {.proven = {},
                        .strong = "in a select, everything but the Done of a context is held by nobody who can act, as "
                                  "the graph proves; many of them, made one after another",
                        .possible = "the same of a few, or of those that were made in one go"},
              .thresholds = kThresholds,
              .change = "give each its own context and cancel it when nobody wants the answer any more, or let the "
                        "other side always send or close"},
    .run = find_waiting};

}  // namespace holdfast::detect::waits_for_context
