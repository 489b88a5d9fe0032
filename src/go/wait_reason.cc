#include "go/wait_reason.h"

#include <algorithm>
#include <string>
#include <utility>

namespace holdfast::go {
namespace {

constexpr int kColumns = 7;
constexpr std::int8_t kNo = -1;

struct Row {
  WaitReason reason;
  std::string_view constant;  // after "runtime.waitReason"
  std::string_view text;      // runtime.waitReasonStrings
  std::int8_t value[kColumns];
};

// Numbers by release: Go 1.19 | 1.20-1.21 | 1.22 | 1.23 | 1.24 | 1.25 | 1.26-1.27. In 1.24 the three channel waits of a
// synctest bubble read "(synctest)" instead of "(durable)".
constexpr Row kRows[] = {
    {WaitReason::kZero, "Zero", "", {0, 0, 0, 0, 0, 0, 0}},
    {WaitReason::kGcAssistMarking, "GCAssistMarking", "GC assist marking", {1, 1, 1, 1, 1, 1, 1}},
    {WaitReason::kIoWait, "IOWait", "IO wait", {2, 2, 2, 2, 2, 2, 2}},
    {WaitReason::kDumpingHeap, "DumpingHeap", "dumping heap", {5, 5, 5, 5, 5, 5, 3}},
    {WaitReason::kGarbageCollection, "GarbageCollection", "garbage collection", {6, 6, 6, 6, 6, 6, 4}},
    {WaitReason::kGarbageCollectionScan, "GarbageCollectionScan", "garbage collection scan", {7, 7, 7, 7, 7, 7, 5}},
    {WaitReason::kPanicWait, "PanicWait", "panicwait", {8, 8, 8, 8, 8, 8, 6}},
    {WaitReason::kGcAssistWait, "GCAssistWait", "GC assist wait", {11, 11, 11, 11, 11, 11, 7}},
    {WaitReason::kGcSweepWait, "GCSweepWait", "GC sweep wait", {12, 12, 12, 12, 12, 12, 8}},
    {WaitReason::kGcScavengeWait, "GCScavengeWait", "GC scavenge wait", {13, 13, 13, 13, 13, 13, 9}},
    {WaitReason::kFinalizerWait, "FinalizerWait", "finalizer wait", {16, 16, 16, 16, 16, 16, 10}},
    {WaitReason::kForceGcIdle, "ForceGCIdle", "force gc (idle)", {17, 17, 17, 17, 17, 17, 11}},
    {WaitReason::kUpdateGomaxprocsIdle,
     "UpdateGOMAXPROCSIdle",
     "GOMAXPROCS updater (idle)",
     {kNo, kNo, kNo, kNo, kNo, 18, 12}},
    {WaitReason::kSemacquire, "Semacquire", "semacquire", {18, 18, 18, 18, 18, 19, 13}},
    {WaitReason::kSleep, "Sleep", "sleep", {19, 19, 19, 19, 19, 20, 14}},
    {WaitReason::kChanReceiveNilChan, "ChanReceiveNilChan", "chan receive (nil chan)", {3, 3, 3, 3, 3, 3, 15}},
    {WaitReason::kChanSendNilChan, "ChanSendNilChan", "chan send (nil chan)", {4, 4, 4, 4, 4, 4, 16}},
    {WaitReason::kSelectNoCases, "SelectNoCases", "select (no cases)", {10, 10, 10, 10, 10, 10, 17}},
    {WaitReason::kSelect, "Select", "select", {9, 9, 9, 9, 9, 9, 18}},
    {WaitReason::kChanReceive, "ChanReceive", "chan receive", {14, 14, 14, 14, 14, 14, 19}},
    {WaitReason::kChanSend, "ChanSend", "chan send", {15, 15, 15, 15, 15, 15, 20}},
    {WaitReason::kCondWait, "SyncCondWait", "sync.Cond.Wait", {20, 20, 20, 20, 20, 21, 21}},
    {WaitReason::kMutexLock, "SyncMutexLock", "sync.Mutex.Lock", {kNo, 21, 21, 21, 21, 22, 22}},
    {WaitReason::kRwMutexRLock, "SyncRWMutexRLock", "sync.RWMutex.RLock", {kNo, 22, 22, 22, 22, 23, 23}},
    {WaitReason::kRwMutexLock, "SyncRWMutexLock", "sync.RWMutex.Lock", {kNo, 23, 23, 23, 23, 24, 24}},
    {WaitReason::kWaitGroupWait, "SyncWaitGroupWait", "sync.WaitGroup.Wait", {kNo, kNo, kNo, kNo, 24, 25, 25}},
    {WaitReason::kTraceReaderBlocked, "TraceReaderBlocked", "trace reader (blocked)", {22, 24, 24, 24, 25, 26, 26}},
    {WaitReason::kWaitForGcCycle, "WaitForGCCycle", "wait for GC cycle", {23, 25, 25, 25, 26, 27, 27}},
    {WaitReason::kGcWorkerIdle, "GCWorkerIdle", "GC worker (idle)", {24, 26, 26, 26, 27, 28, 28}},
    {WaitReason::kGcWorkerActive, "GCWorkerActive", "GC worker (active)", {kNo, 27, 27, 27, 28, 29, 29}},
    {WaitReason::kPreempted, "Preempted", "preempted", {25, 28, 28, 28, 29, 30, 30}},
    {WaitReason::kDebugCall, "DebugCall", "debug call", {26, 29, 29, 29, 30, 31, 31}},
    {WaitReason::kGcMarkTermination, "GCMarkTermination", "GC mark termination", {kNo, 30, 30, 30, 31, 32, 32}},
    {WaitReason::kStoppingTheWorld, "StoppingTheWorld", "stopping the world", {kNo, 31, 31, 31, 32, 33, 33}},
    {WaitReason::kFlushProcCaches, "FlushProcCaches", "flushing proc caches", {kNo, kNo, 32, 32, 33, 34, 34}},
    {WaitReason::kTraceGoroutineStatus,
     "TraceGoroutineStatus",
     "trace goroutine status",
     {kNo, kNo, 33, 33, 34, 35, 35}},
    {WaitReason::kTraceProcStatus, "TraceProcStatus", "trace proc status", {kNo, kNo, 34, 34, 35, 36, 36}},
    {WaitReason::kPageTraceFlush, "PageTraceFlush", "page trace flush", {kNo, kNo, 35, 35, 36, 37, 37}},
    {WaitReason::kCoroutine, "Coroutine", "coroutine", {kNo, kNo, 36, 36, 37, 38, 38}},
    {WaitReason::kGcWeakToStrongWait, "GCWeakToStrongWait", "GC weak to strong wait", {kNo, kNo, kNo, 37, 38, 39, 39}},
    {WaitReason::kSynctestRun, "SynctestRun", "synctest.Run", {kNo, kNo, kNo, kNo, 39, 40, 40}},
    {WaitReason::kSynctestWait, "SynctestWait", "synctest.Wait", {kNo, kNo, kNo, kNo, 40, 41, 41}},
    {WaitReason::kSynctestChanReceive,
     "SynctestChanReceive",
     "chan receive (durable)",
     {kNo, kNo, kNo, kNo, 41, 42, 42}},
    {WaitReason::kSynctestChanSend, "SynctestChanSend", "chan send (durable)", {kNo, kNo, kNo, kNo, 42, 43, 43}},
    {WaitReason::kSynctestSelect, "SynctestSelect", "select (durable)", {kNo, kNo, kNo, kNo, 43, 44, 44}},
    {WaitReason::kSynctestWaitGroupWait,
     "SynctestWaitGroupWait",
     "sync.WaitGroup.Wait (durable)",
     {kNo, kNo, kNo, kNo, kNo, 45, 45}},
    {WaitReason::kCleanupWait, "CleanupWait", "cleanup wait", {kNo, kNo, kNo, kNo, kNo, 46, 46}},
    {WaitReason::kTimerGoroutineIdle,
     "TimerGoroutineIdle",
     "timer goroutine (idle)",
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
