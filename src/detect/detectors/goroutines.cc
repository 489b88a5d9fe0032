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

// What goroutines with a wait reason wait for, and what ends such a wait.
struct Advice {
  WaitReason reason;
  std::string_view what;  // empty: nothing ends the wait
  std::string_view change;
};

constexpr std::string_view kUnlock = "unlock it on every way out of the function that locked it, as with defer";
constexpr std::string_view kMakeChannel = "make the channel before it is used; a nil one never has a partner";
constexpr Advice kAdvice[] = {
    {WaitReason::kChanSend, "the channel",
     "receive what is sent, give the channel room for it, or select with a context as well that is cancelled"},
    {WaitReason::kChanReceive, "the channel",
     "close the channel when nobody will send any more, or select with a context as well that is cancelled"},
    {WaitReason::kSelect, "the channel",
     "give the select a case that ends, as the Done of a context that is cancelled"},
    {WaitReason::kChanSendNilChan, {}, kMakeChannel},
    {WaitReason::kChanReceiveNilChan, {}, kMakeChannel},
    {WaitReason::kSelectNoCases, {}, "return, or wait for something that ends; a select without cases never does"},
    {WaitReason::kSemacquire, "the lock", kUnlock},
    {WaitReason::kMutexLock, "the lock", kUnlock},
    {WaitReason::kRwMutexRLock, "the lock", kUnlock},
    {WaitReason::kRwMutexLock, "the lock", kUnlock},
    {WaitReason::kWaitGroupWait, "the wait group", "call Done once for each Add, on every way out, as with defer"},
    {WaitReason::kCondWait, "the condition variable", "signal it whenever it may have come true, at the end as well"},
    {WaitReason::kCoroutine, "the iterator", "call the stop function that iter.Pull returned, as with defer"},
};

const Advice* advice_for(WaitReason reason) {
  const auto* const found = std::ranges::find(kAdvice, reason, &Advice::reason);
  return found == std::end(kAdvice) ? nullptr : found;
}

// "the 107 channels (chan main.result)", "the lock"
Sentence awaited(const GoroutineRow& row, const Advice& advice) {
  if (row.channels.count == 0) return sentence("{}", advice.what);
  const std::string which =
      row.channels.count == 1 ? "the channel" : fmt::format("the {} channels", format_count(row.channels.count));
  if (row.channels.element.empty()) return sentence("{}", which);
  return sentence("{} ({})", which, named(view::channel_text(row.channels.element)));
}

// Some goroutines of a row, and what they have.
struct Blocked {
  std::uint64_t count = 0, heap_bytes = 0, stack_bytes = 0;
  bool one() const { return count == 1; }
};

Finding& add(const Evidence& e, const Detector& detector, const GoroutineRow& row, const Blocked& blocked,
             std::string_view how_long, const Sentence& because, Confidence confidence, std::vector<Finding>& out) {
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
  finding.because = sentence("{}; {} {} and {} {}", because, blocked.one() ? "it holds" : "they hold",
                             format_bytes(blocked.heap_bytes), blocked.one() ? "its stack takes" : "their stacks take",
                             format_bytes(blocked.stack_bytes));
  if (!row.created_by.empty()) finding.because += sentence("; created by {}", named(row.created_by));
  const Advice* const advice = advice_for(row.wait_reason);
  finding.fix = sentence("let the wait at {} end: {}", top,
                         advice == nullptr ? "by a partner that always comes" : advice->change);
  take_holder(e, row.root, finding);
  return finding;
}

Sentence why_for_ever(const GoroutineRow& row) {
  const Advice* const advice = advice_for(row.wait_reason);
  if (advice == nullptr || advice->what.empty()) return sentence("nothing ends such a wait");
  return sentence("nothing that can still run refers to {} that {} for", awaited(row, *advice),
                  row.leaked == 1 ? "it waits" : "they wait");
}

void find_leaked(const Evidence& e, std::vector<Finding>& out) {
  for (const GoroutineRow& row : e.report.goroutines)
    if (row.leaked > 0)
      add(e, kGoroutineLeak, row, {row.leaked, row.leaked_bytes, row.leaked_stack_bytes}, "for ever", why_for_ever(row),
          Confidence::kProven, out);
}

void find_blocked(const Evidence& e, std::vector<Finding>& out) {
  for (const GoroutineRow& row : e.report.goroutines) {
    const bool stuck = row.count > 1 && row.longest_waiting_ns >= kLongWait && waits_for_others(row.wait_reason) &&
                       row.retained_bytes + row.stack_bytes >= e.smallest;
    if (row.leaked > 0 || !stuck) continue;
    add(e, kGoroutinesBlocked, row, {row.count, row.retained_bytes, row.stack_bytes},
        fmt::format("for at least {}", duration(row.longest_waiting_ns)),
        sentence("all stand at one place; the time is of the one that waits longest"), Confidence::kObserved, out);
  }
}

}  // namespace

const Detector kGoroutineLeak = {"goroutine-leak", "goroutines that can never go on, as the graph proves", find_leaked};
const Detector kGoroutinesBlocked = {"goroutines-blocked",
                                     "many goroutines that wait for one another at one place for a minute or longer",
                                     find_blocked};

}  // namespace holdfast::detect
