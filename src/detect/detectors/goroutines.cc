#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "detect/detectors/detectors.h"
#include "view/words.h"

namespace holdfast::detect {
namespace {

using view::Confidence;
using view::Finding;
using view::GoroutineRow;
using view::named;
using view::Sentence;
using view::sentence;

// Whether it waits for another goroutine, and not for the network, a timer or the runtime, which may rightly take long.
bool waits_for_others(WaitReason reason) {
  static constexpr std::array kReasons = {
      WaitReason::kChanSend,  WaitReason::kChanReceive,   WaitReason::kChanSendNilChan, WaitReason::kChanReceiveNilChan,
      WaitReason::kSelect,    WaitReason::kSelectNoCases, WaitReason::kSemacquire,      WaitReason::kCondWait,
      WaitReason::kMutexLock, WaitReason::kRwMutexRLock,  WaitReason::kRwMutexLock,     WaitReason::kWaitGroupWait};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

// Some goroutines of a row, and what they have.
struct Blocked {
  std::uint64_t count = 0, heap_bytes = 0, stack_bytes = 0;
};

Finding& add(const Evidence& e, const Detector& detector, const GoroutineRow& row, const Blocked& blocked,
             std::string_view how_long, std::string_view because, Confidence confidence, std::vector<Finding>& out) {
  const std::string_view reason = view::name_of(row.wait_reason);
  const Sentence top = named(row.top);
  Finding& finding =
      add_finding(out, detector,
                  {sentence("{} at {}", reason, top).full,
                   {std::to_string(static_cast<int>(row.wait_reason)), row.top.function, row.created_by.function}},
                  confidence);
  finding.bytes = finding.exclusive_bytes = blocked.heap_bytes + blocked.stack_bytes;
  finding.count = blocked.count;
  finding.title =
      sentence("{} blocked in {} at {} {}", format_count(blocked.count, "goroutine"), reason, top, how_long);
  finding.because = sentence("{}; they hold {} and their stacks take {}", because, format_bytes(blocked.heap_bytes),
                             format_bytes(blocked.stack_bytes));
  if (!row.created_by.empty()) finding.because += sentence("; created by {}", named(row.created_by));
  finding.fix = sentence(
      "let the wait at {} end: by a partner that always comes, room in the channel, or a context that is cancelled",
      top);
  take_holder(e, row.root, finding);
  return finding;
}

void find_leaked(const Evidence& e, std::vector<Finding>& out) {
  for (const GoroutineRow& row : e.report.goroutines)
    if (row.leaked > 0)
      add(e, kGoroutineLeak, row, {row.leaked, row.leaked_bytes, row.leaked_stack_bytes}, "for ever",
          "nothing that can still run refers to what they wait for", Confidence::kProven, out);
}

void find_blocked(const Evidence& e, std::vector<Finding>& out) {
  for (const GoroutineRow& row : e.report.goroutines) {
    const bool stuck = row.count > 1 && row.longest_waiting_ns >= kLongWait && waits_for_others(row.wait_reason) &&
                       row.retained_bytes + row.stack_bytes >= e.smallest;
    if (row.leaked > 0 || !stuck) continue;
    add(e, kGoroutinesBlocked, row, {row.count, row.retained_bytes, row.stack_bytes},
        fmt::format("for at least {}", duration(row.longest_waiting_ns)),
        "all stand at one place; the time is of the one that waits longest", Confidence::kObserved, out);
  }
}

}  // namespace

const Detector kGoroutineLeak = {"goroutine-leak", "goroutines that can never go on, as the graph proves", find_leaked};
const Detector kGoroutinesBlocked = {"goroutines-blocked",
                                     "many goroutines that wait for one another at one place for a minute or longer",
                                     find_blocked};

}  // namespace holdfast::detect
