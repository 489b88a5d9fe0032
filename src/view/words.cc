#include "view/words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace holdfast::view {
namespace {

// The rows of the table are all values in their order.
template <std::size_t kSize, typename Value>
std::string_view word_at(const std::array<std::string_view, kSize>& words, Value value) {
  return words.at(static_cast<std::size_t>(value));
}

// As in runtime.waitReasonStrings of Go 1.27 (in 1.24 the waits of a synctest bubble for channels read "(synctest)"
// instead of "(durable)").
constexpr std::pair<WaitReason, std::string_view> kWaits[] = {
    {WaitReason::kGcAssistMarking, "GC assist marking"},
    {WaitReason::kIoWait, "IO wait"},
    {WaitReason::kDumpingHeap, "dumping heap"},
    {WaitReason::kGarbageCollection, "garbage collection"},
    {WaitReason::kGarbageCollectionScan, "garbage collection scan"},
    {WaitReason::kPanicWait, "panicwait"},
    {WaitReason::kGcAssistWait, "GC assist wait"},
    {WaitReason::kGcSweepWait, "GC sweep wait"},
    {WaitReason::kGcScavengeWait, "GC scavenge wait"},
    {WaitReason::kFinalizerWait, "finalizer wait"},
    {WaitReason::kForceGcIdle, "force gc (idle)"},
    {WaitReason::kUpdateGomaxprocsIdle, "GOMAXPROCS updater (idle)"},
    {WaitReason::kSemacquire, "semacquire"},
    {WaitReason::kSleep, "sleep"},
    {WaitReason::kChanReceiveNilChan, "chan receive (nil chan)"},
    {WaitReason::kChanSendNilChan, "chan send (nil chan)"},
    {WaitReason::kSelectNoCases, "select (no cases)"},
    {WaitReason::kSelect, "select"},
    {WaitReason::kChanReceive, "chan receive"},
    {WaitReason::kChanSend, "chan send"},
    {WaitReason::kCondWait, "sync.Cond.Wait"},
    {WaitReason::kMutexLock, "sync.Mutex.Lock"},
    {WaitReason::kRwMutexRLock, "sync.RWMutex.RLock"},
    {WaitReason::kRwMutexLock, "sync.RWMutex.Lock"},
    {WaitReason::kWaitGroupWait, "sync.WaitGroup.Wait"},
    {WaitReason::kTraceReaderBlocked, "trace reader (blocked)"},
    {WaitReason::kWaitForGcCycle, "wait for GC cycle"},
    {WaitReason::kGcWorkerIdle, "GC worker (idle)"},
    {WaitReason::kGcWorkerActive, "GC worker (active)"},
    {WaitReason::kPreempted, "preempted"},
    {WaitReason::kDebugCall, "debug call"},
    {WaitReason::kGcMarkTermination, "GC mark termination"},
    {WaitReason::kStoppingTheWorld, "stopping the world"},
    {WaitReason::kFlushProcCaches, "flushing proc caches"},
    {WaitReason::kTraceGoroutineStatus, "trace goroutine status"},
    {WaitReason::kTraceProcStatus, "trace proc status"},
    {WaitReason::kPageTraceFlush, "page trace flush"},
    {WaitReason::kCoroutine, "coroutine"},
    {WaitReason::kGcWeakToStrongWait, "GC weak to strong wait"},
    {WaitReason::kSynctestRun, "synctest.Run"},
    {WaitReason::kSynctestWait, "synctest.Wait"},
    {WaitReason::kSynctestChanReceive, "chan receive (durable)"},
    {WaitReason::kSynctestChanSend, "chan send (durable)"},
    {WaitReason::kSynctestSelect, "select (durable)"},
    {WaitReason::kSynctestWaitGroupWait, "sync.WaitGroup.Wait (durable)"},
    {WaitReason::kCleanupWait, "cleanup wait"},
    {WaitReason::kTimerGoroutineIdle, "timer goroutine (idle)"},
};
static_assert(std::size(kWaits) + 1 == kWaitReasons);

struct CauseWords {
  std::string_view id;
  std::string_view meaning;
};
constexpr std::array<CauseWords, graph::kAuditCauses> kCauses = {{
    {"allocated-since-mark", "allocated after the last collection had marked"},
    {"span-in-sweep", "in a span that was being swept at that moment, so its marks are not known"},
    {"allocate-black", "allocated while the collector marked, which marks whatever is new"},
    {"ended-thread", "records of a thread that has ended since, and what only they hold"},
    {"resurrection", "found dead and marked by the sweep, because their finalizers had to run"},
    {"conservative-word", "a word on a stack names it that is no live variable there; the goroutine ran since"},
    {"floating", "held when the last collection marked, dropped by the program since"},
}};

}  // namespace

std::string_view name_of(heap::RootKind kind) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"group", "global", "goroutine", "frame", "stack slot", "register", "system stack", "start closure", "defer",
       "finalizer", "finalizer queue", "cleanup", "cleanup queue", "weak handle", "tiny block", "special", "thread"});
  return word_at(kNames, kind);
}

std::string_view name_of(heap::Basis basis) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"", "runtime", "symbol", "dwarf", "code", "nearness"});
  return word_at(kNames, basis);
}

std::string_view name_of(heap::Section section) {
  static constexpr auto kNames = std::to_array<std::string_view>({"", "data", "bss"});
  return word_at(kNames, section);
}

std::string_view name_of(heap::GoroutineState state) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"idle", "runnable", "running", "syscall", "waiting", "dead", "copystack", "preempted", "leaked", "dead"});
  return word_at(kNames, state);
}

std::string_view name_of(heap::SweepState state) {
  static constexpr auto kNames = std::to_array<std::string_view>({"", "swept", "waits", "being swept"});
  return word_at(kNames, state);
}

std::string_view name_of(WaitReason reason) {
  const auto* const found =
      std::find_if(std::begin(kWaits), std::end(kWaits), [&](const auto& row) { return row.first == reason; });
  return found == std::end(kWaits) ? std::string_view() : found->second;
}

std::string_view name_of(heap::KnownBy known_by) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"", "header", "interface", "closure", "runtime", "dwarf", "code", "library", "propagated", "inferred", "part"});
  return word_at(kNames, known_by);
}

std::string_view name_of(heap::HeaderBasis basis) {
  static constexpr auto kNames = std::to_array<std::string_view>({"dwarf", "code", "nearness"});
  return word_at(kNames, basis);
}

std::string_view name_of(heap::LockKind kind) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"unknown", "sync.Mutex", "sync.RWMutex", "sync.WaitGroup"});
  return word_at(kNames, kind);
}

std::string_view name_of(heap::TimerKind kind) {
  static constexpr auto kNames = std::to_array<std::string_view>({"other", "channel", "function", "sleep"});
  return word_at(kNames, kind);
}

std::string_view name_of(heap::TypeRole role) {
  static constexpr auto kNames = std::to_array<std::string_view>(
      {"", "map.header", "map.directory", "map.table", "map.group", "map.bucket", "map.extra", "map.overflow",
       "map.overflow list", "chan.header", "func", "string data"});
  return word_at(kNames, role);
}

std::string_view name_of(heap::Witness witness) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"unknown", "holder", "header", "span", "interface", "closure", "list", "special",
                                       "variable", "local", "code strong", "code weak", "slot", "shape"});
  return word_at(kNames, witness);
}

std::string_view name_of(heap::ConflictCause cause) {
  static constexpr auto kNames = std::to_array<std::string_view>({"conversion", "unsafe", "evidence"});
  return word_at(kNames, cause);
}

std::string_view name_of(heap::LibraryRule rule) {
  static constexpr auto kNames = std::to_array<std::string_view>({"", "map", "channel", ""});
  return word_at(kNames, rule);
}

std::string_view name_of(heap::SpecialPart special) {
  static constexpr auto kNames = std::to_array<std::string_view>({"", "finalizer", "cleanup", "argument of a cleanup"});
  return word_at(kNames, special);
}

std::string_view name_of(StepKind kind) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"group", "goroutine", "frame", "root", "object", "container", "gap"});
  return word_at(kNames, kind);
}

std::string_view name_of(Confidence confidence) {
  static constexpr auto kNames = std::to_array<std::string_view>({"possible", "strong", "proven"});
  return word_at(kNames, confidence);
}

std::string_view name_of(heap::MappingUse use) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"other", "file", "thread stack", "C heap", "runtime", "globals", "Go heap"});
  return word_at(kNames, use);
}

std::string_view name_of(ProcessPart part) {
  static constexpr auto kNames =
      std::to_array<std::string_view>({"garbage", "free", "stacks", "runtime", "globals", "C heap", "mapping",
                                       "other mappings", "file", "other files", "rest"});
  return word_at(kNames, part);
}

std::string_view meaning_of(heap::CounterRule rule) {
  static constexpr auto kMeanings =
      std::to_array<std::string_view>({"by what threads were stopped in the middle of", ""});
  return word_at(kMeanings, rule);
}

std::string_view name_of(graph::AuditCauseKind cause) {
  return kCauses.at(static_cast<std::size_t>(cause)).id;
}

std::string_view meaning_of(graph::AuditCauseKind cause) {
  return kCauses.at(static_cast<std::size_t>(cause)).meaning;
}

}  // namespace holdfast::view
