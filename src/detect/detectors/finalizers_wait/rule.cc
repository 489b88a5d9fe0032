#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "detect/detector_list.h"
#include "heap/plumbing.h"
#include "view/words.h"

namespace holdfast::detect::finalizers_wait {
namespace {

using view::Confidence;
using view::Finding;
using view::named;
using view::Sentence;
using view::sentence;

constexpr std::uint64_t kLongWait = 60 * std::uint64_t{1'000'000'000};  // in ns

// The goroutine that waits in a finalizer or a cleanup.
GoroutineId blocked_under(const Evidence& e, std::span<const std::string_view> loops) {
  const heap::OwnerRules& rules = e.names.rules();
  for (std::uint32_t row = 0; row < e.snapshot.goroutines.size(); ++row) {
    const heap::Goroutine& goroutine = e.snapshot.goroutines[row];
    if (goroutine.state != heap::GoroutineState::kWaiting && goroutine.state != heap::GoroutineState::kLeaked) continue;
    const heap::Frame* top = heap::first_user_frame(e.snapshot, rules, goroutine.first_frame, goroutine.frame_count);
    if (top == nullptr || heap::is_plumbing(rules, e.snapshot.strings[top->function])) continue;
    if (heap::is_below(e.snapshot, goroutine, loops)) return GoroutineId(row);
  }
  return {};
}

// That all behind it wait follows only where a single goroutine runs them.
Confidence confidence_of(const Evidence& e, GoroutineId blocked, bool is_alone) {
  if (is_alone && std::ranges::binary_search(e.groundwork.leaked().goroutines, blocked)) return Confidence::kProven;
  const bool is_long = e.snapshot.goroutines[blocked.row].waiting_ns.value_or(0) >= kLongWait;
  return is_long ? Confidence::kStrong : Confidence::kPossible;
}

// Finalizers and cleanups wait while the goroutine that runs them is blocked in one.
void find_waiting_finalizers(const Evidence& e, std::vector<Suspicion>& out) {
  struct Queue {
    heap::RootKind kind;
    std::span<const std::string_view> loops;
    const char* what;
  };
  static constexpr std::array kQueues = {Queue{heap::RootKind::kFinalizerQueue, heap::kFinalizerLoops, "finalizers"},
                                         Queue{heap::RootKind::kCleanupQueue, heap::kCleanupLoops, "cleanups"}};
  for (const Queue& queue : kQueues) {
    std::uint64_t waiting = 0, bytes = 0;
    RootId group;
    for (const heap::Root& root : e.snapshot.roots) {
      if (root.kind != queue.kind) continue;
      ++waiting;
      group = root.parent;
    }
    const GoroutineId id = waiting > 0 ? blocked_under(e, queue.loops) : GoroutineId();
    if (!id) continue;
    const heap::Goroutine* const blocked = &e.snapshot.goroutines[id.row];
    if (group) bytes = e.dominators.retained_bytes(group);
    const view::CodePlace place = e.names.top_frame(*blocked);
    const Sentence top = named(place);
    Suspicion& suspicion =
        suspect(out, kDetector, {top.full, {std::to_string(static_cast<int>(queue.kind)), place.function}},
                confidence_of(e, id, queue.kind == heap::RootKind::kFinalizerQueue));
    if (group) suspicion.removal.nodes = {group};
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = bytes;
    finding.count = waiting;
    finding.goid = blocked->goid;
    finding.title =
        sentence("{} {} are due, and the one that runs is blocked at {}", format_count(waiting), queue.what, top);
    finding.because = sentence("goroutine {}, which runs them one by one, is in {}", blocked->goid,
                               view::name_of(blocked->wait_reason));
    if (blocked->waiting_ns) finding.because += sentence(" for at least {}", duration(*blocked->waiting_ns));
    finding.fix = sentence("do not wait in a finalizer or cleanup: let {} start a goroutine for that", top);
  }
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"it has waited for a minute at least", "a finalizer that closes a file or a connection may wait for a moment"}};

const Detector kDetector = {
    .facts = {.id = "finalizers-wait",
              .family = "pools and finalizers",
              .looks_for = "finalizers or cleanups that are due while the goroutine that runs them is blocked",
              .needs = {.proven =
                            "the one goroutine that runs finalizers waits in one of them, and is proven never to go on",
                        .strong =
                            "the goroutine that runs them has waited for long below one of them, and others are due",
                        .possible = "the same, and it may not be for long"},
              .thresholds = kThresholds,
              .change = "do not wait in a finalizer or cleanup: let it start a goroutine for that"},
    .run = find_waiting_finalizers};

}  // namespace holdfast::detect::finalizers_wait
