#include "detect/goroutine_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"
#include "detect/library_goroutines.h"
#include "detect/lock_hands.h"
#include "view/words.h"

namespace holdfast::detect {
namespace {

using view::GoroutineRow;
using view::named;
using view::Sentence;
using view::sentence;

constexpr std::uint64_t kSpread = 4;   // ids for each goroutine, of those that were made over time
constexpr std::uint64_t kCrowd = 100;  // goroutines that are worth a word for a quarter of what others need
constexpr std::uint64_t kLeastOfCrowd = 4;

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
    {WaitReason::kIoWait,
     {},
     "set deadlines, as with the timeouts of http.Server, and bound how many connections there are"},
    {WaitReason::kSleep, {}, "bound how often it tries again, or wait for a timer and a context in one select"},
    {WaitReason::kCoroutine, "the iterator", "call the stop function that iter.Pull returned, as with defer"},
};

const Advice* advice_for(WaitReason reason) {
  const auto* const found = std::ranges::find(kAdvice, reason, &Advice::reason);
  return found == std::end(kAdvice) ? nullptr : found;
}

// The row's first goroutine stands for all.
const heap::Goroutine* first_of(const heap::Snapshot& snapshot, const GoroutineRow& row) {
  if (row.goids.empty()) return nullptr;
  const auto found = std::ranges::find(snapshot.goroutines, row.goids.front(), &heap::Goroutine::goid);
  return found == snapshot.goroutines.end() ? nullptr : &*found;
}

// Whether it waits to send to a full channel whose elements have no size, as those of a semaphore.
bool waits_for_semaphore(const Evidence& e, const heap::Goroutine& goroutine) {
  if (goroutine.wait_reason != WaitReason::kChanSend) return false;
  const GoroutineId id(static_cast<std::uint32_t>(&goroutine - e.snapshot.goroutines.data()));
  const view::WaitedChannels waited = e.groundwork.channels().waited_by({&id, 1});
  return waited.one && waited.one->element == "struct {}" && waited.one->capacity > 0 &&
         waited.one->length == waited.one->capacity;
}

// "; 2 calls of Done are missing"
Sentence missing_calls(const heap::Snapshot& snapshot, const heap::Goroutine& goroutine, bool one) {
  const heap::AwaitedLock* const lock = awaited_lock(snapshot, goroutine);
  if (lock == nullptr || lock->kind != heap::LockKind::kWaitGroup || lock->missing == 0) return {};
  return sentence("; {}{} of Done {} missing", one ? "" : "for one of them ", format_count(lock->missing, "call"),
                  lock->missing == 1 ? "is" : "are");
}

// Whether those that were made later came to wait later, over several collections, at which the runtime notes it. In a
// pool whoever worked last waits for the shortest time. `goroutines` are in the order in which they were made.
bool wait_in_turn(std::span<const heap::Goroutine* const> goroutines) {
  constexpr std::size_t kFewestTimes = 4, kManyTimes = 10;
  // A processor takes ids in blocks of sixteen, so where two make goroutines in turn one of each block is out of turn.
  constexpr std::size_t kMostOut = 10, kMostOutOfFew = 100;  // a tenth; a hundredth, where chance would do as much
  constexpr std::uint64_t kShortest = 1'000'000'000;         // from the first to the last, in nanoseconds
  std::vector<std::uint64_t> waits;
  for (const heap::Goroutine* const goroutine : goroutines)
    if (goroutine->waiting_ns) waits.push_back(*goroutine->waiting_ns);
  if (waits.size() * 2 < goroutines.size() || waits.size() < kFewestTimes) return false;
  std::size_t times = 1, out_of_turn = 0;
  for (std::size_t i = 1; i < waits.size(); ++i) {
    if (waits[i] < waits[i - 1]) ++times;
    if (waits[i] > waits[i - 1]) ++out_of_turn;
  }
  return times >= kFewestTimes && out_of_turn * (times >= kManyTimes ? kMostOut : kMostOutOfFew) <= waits.size() &&
         waits.front() >= waits.back() + kShortest;
}

}  // namespace

bool waits_for_others(WaitReason reason) {
  static constexpr std::array kReasons = {
      WaitReason::kChanSend,  WaitReason::kChanReceive,   WaitReason::kChanSendNilChan, WaitReason::kChanReceiveNilChan,
      WaitReason::kSelect,    WaitReason::kSelectNoCases, WaitReason::kSemacquire,      WaitReason::kCondWait,
      WaitReason::kMutexLock, WaitReason::kRwMutexRLock,  WaitReason::kRwMutexLock,     WaitReason::kWaitGroupWait};
  return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
}

std::uint64_t highest_goid(const heap::Snapshot& snapshot) {
  std::uint64_t highest = 0;
  for (const heap::Goroutine& goroutine : snapshot.goroutines) highest = std::max(highest, goroutine.goid);
  return highest;
}

Ages ages_of(const heap::Snapshot& snapshot, std::span<const GoroutineId> goroutines, std::uint64_t highest) {
  std::vector<const heap::Goroutine*> by_age;
  for (const GoroutineId id : goroutines) by_age.push_back(&snapshot.goroutines[id.row]);
  std::ranges::sort(by_age, {}, &heap::Goroutine::goid);
  Ages ages{.oldest = by_age.front()->goid, .youngest = by_age.back()->goid};
  const std::uint64_t middle = by_age[by_age.size() / 2]->goid, range = highest - ages.oldest + 1;
  const bool are_apart = ages.youngest - ages.oldest + 1 >= kSpread * by_age.size() &&
                         highest - ages.youngest < range / 4 && middle - ages.oldest > range / 8 &&
                         highest - middle > range / 8;
  ages.over_time = are_apart || wait_in_turn(by_age);
  return ages;
}

Sentence Ages::words(std::uint64_t highest) const {
  return sentence("they were made one after another (ids {} to {} of {})", oldest, youngest, highest);
}

bool are_worth_a_word(const Evidence& evidence, const GoroutineRow& row) {
  const std::uint64_t bytes = row.retained_bytes + row.stack_bytes;
  return bytes >= evidence.smallest || (row.count >= kCrowd && bytes >= evidence.smallest / kLeastOfCrowd);
}

Sentence awaited(const GoroutineRow& row) {
  const Advice* const advice = advice_for(row.wait_reason);
  if (advice == nullptr || advice->what.empty()) return {};
  if (row.channels.count == 0) return sentence("{}", advice->what);
  const std::string which =
      row.channels.count == 1 ? "the channel" : fmt::format("the {} channels", format_count(row.channels.count));
  if (row.channels.element.empty()) return sentence("{}", which);
  return sentence("{} ({})", which, named(view::channel_text(row.channels.element)));
}

Suspicion& suspect_blocked(const Evidence& evidence, const Detector& detector, const GoroutineRow& row,
                           const Blocked& blocked, std::string_view how_long, const Sentence& because,
                           view::Confidence confidence, std::vector<Suspicion>& out) {
  const std::string_view reason = view::name_of(row.wait_reason);
  const Sentence top = named(row.top);
  Suspicion& suspicion =
      suspect(out, detector,
              {sentence("{} at {}", reason, top).full,
               {std::to_string(static_cast<int>(row.wait_reason)), row.top.function, row.created_by.function}},
              confidence);
  suspicion.beyond = blocked.stack_bytes;
  view::Finding& finding = suspicion.finding;
  finding.exclusive_bytes = blocked.heap_bytes;
  finding.bytes = blocked.heap_bytes + blocked.stack_bytes;
  finding.count = blocked.count;
  if (!row.goids.empty()) finding.goid = row.goids.front();
  finding.title =
      sentence("{} blocked in {} at {} {}", format_count(blocked.count, "goroutine"), reason, top, how_long);
  finding.because = sentence("{}; {} {} and {} {}", because, blocked.one() ? "it holds" : "they hold",
                             format_bytes(blocked.heap_bytes), blocked.one() ? "its stack takes" : "their stacks take",
                             format_bytes(blocked.stack_bytes));
  if (!row.created_by.empty()) finding.because += sentence("; created by {}", named(row.created_by));
  const heap::Goroutine* const first = first_of(evidence.snapshot, row);
  if (first != nullptr) finding.because += missing_calls(evidence.snapshot, *first, blocked.one());
  if (const LibraryGoroutine* rule = first == nullptr ? nullptr : library_goroutine(evidence.snapshot, *first)) {
    finding.title += sentence(": {}", rule->what);
    finding.fix = sentence("{}", rule->change);
    take_holder(evidence, row.root, finding);
    return suspicion;
  }
  const Advice* const advice = advice_for(row.wait_reason);
  std::string_view change = advice == nullptr ? "by a partner that always comes" : advice->change;
  if (first != nullptr && waits_for_semaphore(evidence, *first))
    change = "whoever has sent to this semaphore receives from it on every way out, as with defer";
  finding.fix = sentence("let the wait at {} end: {}", top, change);
  take_holder(evidence, row.root, finding);
  return suspicion;
}

}  // namespace holdfast::detect
