#include "go/wait_reason.h"

#include <algorithm>
#include <string>
#include <utility>

namespace holdfast::go {
namespace {

constexpr int kColumns = 7;
constexpr std::int8_t kNo = -1;

struct Row {
  std::string_view constant;  // after "runtime.waitReason"
  std::string_view text;      // runtime.waitReasonStrings
  WaitReason reason;
  std::int8_t value[kColumns];
};

// Numbers by release: Go 1.19 | 1.20-1.21 | 1.22 | 1.23 | 1.24 | 1.25 | 1.26-1.27. In 1.24 the three channel waits of a
// synctest bubble read "(synctest)" instead of "(durable)".
constexpr Row kRows[] = {
    {"Zero", "", WaitReason::kZero, {0, 0, 0, 0, 0, 0, 0}},
    {"GCAssistMarking", "GC assist marking", WaitReason::kGcAssistMarking, {1, 1, 1, 1, 1, 1, 1}},
    {"IOWait", "IO wait", WaitReason::kIoWait, {2, 2, 2, 2, 2, 2, 2}},
    {"DumpingHeap", "dumping heap", WaitReason::kDumpingHeap, {5, 5, 5, 5, 5, 5, 3}},
    {"GarbageCollection", "garbage collection", WaitReason::kGarbageCollection, {6, 6, 6, 6, 6, 6, 4}},
    {"GarbageCollectionScan", "garbage collection scan", WaitReason::kGarbageCollectionScan, {7, 7, 7, 7, 7, 7, 5}},
    {"PanicWait", "panicwait", WaitReason::kPanicWait, {8, 8, 8, 8, 8, 8, 6}},
    {"GCAssistWait", "GC assist wait", WaitReason::kGcAssistWait, {11, 11, 11, 11, 11, 11, 7}},
    {"GCSweepWait", "GC sweep wait", WaitReason::kGcSweepWait, {12, 12, 12, 12, 12, 12, 8}},
    {"GCScavengeWait", "GC scavenge wait", WaitReason::kGcScavengeWait, {13, 13, 13, 13, 13, 13, 9}},
    {"FinalizerWait", "finalizer wait", WaitReason::kFinalizerWait, {16, 16, 16, 16, 16, 16, 10}},
    {"ForceGCIdle", "force gc (idle)", WaitReason::kForceGcIdle, {17, 17, 17, 17, 17, 17, 11}},
    {"UpdateGOMAXPROCSIdle",
     "GOMAXPROCS updater (idle)",
     WaitReason::kUpdateGomaxprocsIdle,
     {kNo, kNo, kNo, kNo, kNo, 18, 12}},
    {"Semacquire", "semacquire", WaitReason::kSemacquire, {18, 18, 18, 18, 18, 19, 13}},
    {"Sleep", "sleep", WaitReason::kSleep, {19, 19, 19, 19, 19, 20, 14}},
    {"ChanReceiveNilChan", "chan receive (nil chan)", WaitReason::kChanReceiveNilChan, {3, 3, 3, 3, 3, 3, 15}},
    {"ChanSendNilChan", "chan send (nil chan)", WaitReason::kChanSendNilChan, {4, 4, 4, 4, 4, 4, 16}},
    {"SelectNoCases", "select (no cases)", WaitReason::kSelectNoCases, {10, 10, 10, 10, 10, 10, 17}},
    {"Select", "select", WaitReason::kSelect, {9, 9, 9, 9, 9, 9, 18}},
    {"ChanReceive", "chan receive", WaitReason::kChanReceive, {14, 14, 14, 14, 14, 14, 19}},
    {"ChanSend", "chan send", WaitReason::kChanSend, {15, 15, 15, 15, 15, 15, 20}},
    {"SyncCondWait", "sync.Cond.Wait", WaitReason::kCondWait, {20, 20, 20, 20, 20, 21, 21}},
    {"SyncMutexLock", "sync.Mutex.Lock", WaitReason::kMutexLock, {kNo, 21, 21, 21, 21, 22, 22}},
    {"SyncRWMutexRLock", "sync.RWMutex.RLock", WaitReason::kRwMutexRLock, {kNo, 22, 22, 22, 22, 23, 23}},
    {"SyncRWMutexLock", "sync.RWMutex.Lock", WaitReason::kRwMutexLock, {kNo, 23, 23, 23, 23, 24, 24}},
    {"SyncWaitGroupWait", "sync.WaitGroup.Wait", WaitReason::kWaitGroupWait, {kNo, kNo, kNo, kNo, 24, 25, 25}},
    {"TraceReaderBlocked", "trace reader (blocked)", WaitReason::kTraceReaderBlocked, {22, 24, 24, 24, 25, 26, 26}},
    {"WaitForGCCycle", "wait for GC cycle", WaitReason::kWaitForGcCycle, {23, 25, 25, 25, 26, 27, 27}},
    {"GCWorkerIdle", "GC worker (idle)", WaitReason::kGcWorkerIdle, {24, 26, 26, 26, 27, 28, 28}},
    {"GCWorkerActive", "GC worker (active)", WaitReason::kGcWorkerActive, {kNo, 27, 27, 27, 28, 29, 29}},
    {"Preempted", "preempted", WaitReason::kPreempted, {25, 28, 28, 28, 29, 30, 30}},
    {"DebugCall", "debug call", WaitReason::kDebugCall, {26, 29, 29, 29, 30, 31, 31}},
    {"GCMarkTermination", "GC mark termination", WaitReason::kGcMarkTermination, {kNo, 30, 30, 30, 31, 32, 32}},
    {"StoppingTheWorld", "stopping the world", WaitReason::kStoppingTheWorld, {kNo, 31, 31, 31, 32, 33, 33}},
    {"FlushProcCaches", "flushing proc caches", WaitReason::kFlushProcCaches, {kNo, kNo, 32, 32, 33, 34, 34}},
    {"TraceGoroutineStatus",
     "trace goroutine status",
     WaitReason::kTraceGoroutineStatus,
     {kNo, kNo, 33, 33, 34, 35, 35}},
    {"TraceProcStatus", "trace proc status", WaitReason::kTraceProcStatus, {kNo, kNo, 34, 34, 35, 36, 36}},
    {"PageTraceFlush", "page trace flush", WaitReason::kPageTraceFlush, {kNo, kNo, 35, 35, 36, 37, 37}},
    {"Coroutine", "coroutine", WaitReason::kCoroutine, {kNo, kNo, 36, 36, 37, 38, 38}},
    {"GCWeakToStrongWait", "GC weak to strong wait", WaitReason::kGcWeakToStrongWait, {kNo, kNo, kNo, 37, 38, 39, 39}},
    {"SynctestRun", "synctest.Run", WaitReason::kSynctestRun, {kNo, kNo, kNo, kNo, 39, 40, 40}},
    {"SynctestWait", "synctest.Wait", WaitReason::kSynctestWait, {kNo, kNo, kNo, kNo, 40, 41, 41}},
    {"SynctestChanReceive",
     "chan receive (durable)",
     WaitReason::kSynctestChanReceive,
     {kNo, kNo, kNo, kNo, 41, 42, 42}},
    {"SynctestChanSend", "chan send (durable)", WaitReason::kSynctestChanSend, {kNo, kNo, kNo, kNo, 42, 43, 43}},
    {"SynctestSelect", "select (durable)", WaitReason::kSynctestSelect, {kNo, kNo, kNo, kNo, 43, 44, 44}},
    {"SynctestWaitGroupWait",
     "sync.WaitGroup.Wait (durable)",
     WaitReason::kSynctestWaitGroupWait,
     {kNo, kNo, kNo, kNo, kNo, 45, 45}},
    {"CleanupWait", "cleanup wait", WaitReason::kCleanupWait, {kNo, kNo, kNo, kNo, kNo, 46, 46}},
    {"TimerGoroutineIdle",
     "timer goroutine (idle)",
     WaitReason::kTimerGoroutineIdle,
     {21, kNo, kNo, kNo, kNo, kNo, kNo}},
};

int column_of(int minor) {
  if (minor <= 19) return 0;
  if (minor <= 21) return 1;
  return std::min(minor - 20, kColumns - 1);
}

}  // namespace

std::string_view text_of(WaitReason reason) {
  for (const Row& row : kRows)
    if (row.reason == reason) return row.text;
  return {};
}

WaitReasons::WaitReasons(const LayoutSource& layouts, const GoVersion& version) {
  by_value_.fill(WaitReason::kUnknown);
  const bool named = layouts.constant("runtime.waitReasonZero").has_value();
  const int column = column_of(version.minor);
  for (const Row& row : kRows) {
    const auto value = named ? layouts.constant("runtime.waitReason" + std::string(row.constant))
                             : std::optional<std::int64_t>(row.value[column]);
    if (value && *value >= 0 && *value < static_cast<std::int64_t>(by_value_.size()))
      by_value_[static_cast<std::size_t>(*value)] = row.reason;
  }
}

WaitReason refine_semacquire(std::span<const std::string_view> functions) {
  constexpr std::pair<std::string_view, WaitReason> kBlocking[] = {
      {"sync.(*Mutex).", WaitReason::kMutexLock},
      {"sync.(*RWMutex).RLock", WaitReason::kRwMutexRLock},
      {"sync.(*RWMutex).Lock", WaitReason::kRwMutexLock},
      {"sync.(*WaitGroup).Wait", WaitReason::kWaitGroupWait},
  };
  for (const std::string_view function : functions) {
    if (function.starts_with("runtime.") || function.starts_with("sync.runtime_")) continue;
    for (const auto& [prefix, reason] : kBlocking)
      if (function.starts_with(prefix)) return reason;
    break;
  }
  return WaitReason::kSemacquire;
}

}  // namespace holdfast::go
