#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "detect/detectors/detectors.h"
#include "heap/plumbing.h"
#include "view/words.h"

namespace holdfast::detect {
namespace {

using view::Confidence;
using view::Finding;
using view::named;
using view::Sentence;
using view::sentence;

const heap::Goroutine* blocked_under(const Evidence& e, std::span<const std::string_view> loops) {
  const heap::OwnerRules& rules = e.names.rules();
  for (const heap::Goroutine& goroutine : e.snapshot.goroutines) {
    if (goroutine.state != heap::GoroutineState::kWaiting && goroutine.state != heap::GoroutineState::kLeaked) continue;
    const heap::Frame* top = heap::first_user_frame(e.snapshot, rules, goroutine.first_frame, goroutine.frame_count);
    if (top == nullptr || heap::is_plumbing(rules, e.snapshot.strings[top->function])) continue;
    for (std::uint32_t f = goroutine.first_frame; f < goroutine.first_frame + goroutine.frame_count; ++f)
      if (std::find(loops.begin(), loops.end(), e.snapshot.strings[e.snapshot.frames[f].function]) != loops.end())
        return &goroutine;
  }
  return nullptr;
}

// Finalizers and cleanups wait while the goroutine that runs them is blocked in one.
void find_waiting_finalizers(const Evidence& e, std::vector<Finding>& out) {
  struct Queue {
    heap::RootKind kind;
    std::array<std::string_view, 2> loops;
    const char* what;
  };
  static constexpr std::array kQueues = {
      Queue{heap::RootKind::kFinalizerQueue, {"runtime.runfinq", "runtime.runFinalizers"}, "finalizers"},
      Queue{heap::RootKind::kCleanupQueue, {"runtime.runCleanups", "runtime.runCleanups"}, "cleanups"}};
  for (const Queue& queue : kQueues) {
    std::uint64_t waiting = 0, bytes = 0;
    RootId group;
    for (const heap::Root& root : e.snapshot.roots) {
      if (root.kind != queue.kind) continue;
      ++waiting;
      group = root.parent;
    }
    const heap::Goroutine* blocked = waiting > 0 ? blocked_under(e, queue.loops) : nullptr;
    if (blocked == nullptr) continue;
    if (group) bytes = e.dominators.retained_bytes(group);
    const view::CodePlace place = e.names.top_frame(*blocked);
    const Sentence top = named(place);
    const bool is_long = blocked->waiting_ns.value_or(0) >= kLongWait;
    Finding& finding =
        add_finding(out, kFinalizersWait, {top.full, {std::to_string(static_cast<int>(queue.kind)), place.function}},
                    is_long ? Confidence::kProven : Confidence::kObserved);
    finding.bytes = finding.exclusive_bytes = bytes;
    finding.count = waiting;
    finding.title =
        sentence("{} {} are due, and the one that runs is blocked at {}", format_count(waiting), queue.what, top);
    finding.because = sentence("goroutine {}, which runs them one by one, is in {}", blocked->goid,
                               view::name_of(blocked->wait_reason));
    if (blocked->waiting_ns) finding.because += sentence(" for at least {}", duration(*blocked->waiting_ns));
    finding.fix = sentence("do not wait in a finalizer or cleanup: let {} start a goroutine for that", top);
  }
}

}  // namespace

const Detector kFinalizersWait = {"finalizers-wait",
                                  "finalizers or cleanups that are due while the goroutine that runs them is blocked",
                                  find_waiting_finalizers};

}  // namespace holdfast::detect
