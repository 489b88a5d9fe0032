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
  WaitReason reason;
  std::int8_t value[kColumns];
};

// Numbers by release: Go 1.19 | 1.20-1.21 | 1.22 | 1.23 | 1.24 | 1.25 | 1.26-1.27.
constexpr Row kRows[] = {
    {"Zero", WaitReason::kZero, {0, 0, 0, 0, 0, 0, 0}},
    {"GCAssistMarking", WaitReason::kGcAssistMarking, {1, 1, 1, 1, 1, 1, 1}},
    {"IOWait", WaitReason::kIoWait, {2, 2, 2, 2, 2, 2, 2}},
    {"DumpingHeap", WaitReason::kDumpingHeap, {5, 5, 5, 5, 5, 5, 3}},
    {"GarbageCollection", WaitReason::kGarbageCollection, {6, 6, 6, 6, 6, 6, 4}},
    {"GarbageCollectionScan", WaitReason::kGarbageCollectionScan, {7, 7, 7, 7, 7, 7, 5}},
    {"PanicWait", WaitReason::kPanicWait, {8, 8, 8, 8, 8, 8, 6}},
    {"GCAssistWait", WaitReason::kGcAssistWait, {11, 11, 11, 11, 11, 11, 7}},
    {"GCSweepWait", WaitReason::kGcSweepWait, {12, 12, 12, 12, 12, 12, 8}},
    {"GCScavengeWait", WaitReason::kGcScavengeWait, {13, 13, 13, 13, 13, 13, 9}},
    {"FinalizerWait", WaitReason::kFinalizerWait, {16, 16, 16, 16, 16, 16, 10}},
    {"ForceGCIdle", WaitReason::kForceGcIdle, {17, 17, 17, 17, 17, 17, 11}},
    {"UpdateGOMAXPROCSIdle", WaitReason::kUpdateGomaxprocsIdle, {kNo, kNo, kNo, kNo, kNo, 18, 12}},
    {"Semacquire", WaitReason::kSemacquire, {18, 18, 18, 18, 18, 19, 13}},
    {"Sleep", WaitReason::kSleep, {19, 19, 19, 19, 19, 20, 14}},
    {"ChanReceiveNilChan", WaitReason::kChanReceiveNilChan, {3, 3, 3, 3, 3, 3, 15}},
    {"ChanSendNilChan", WaitReason::kChanSendNilChan, {4, 4, 4, 4, 4, 4, 16}},
    {"SelectNoCases", WaitReason::kSelectNoCases, {10, 10, 10, 10, 10, 10, 17}},
    {"Select", WaitReason::kSelect, {9, 9, 9, 9, 9, 9, 18}},
    {"ChanReceive", WaitReason::kChanReceive, {14, 14, 14, 14, 14, 14, 19}},
    {"ChanSend", WaitReason::kChanSend, {15, 15, 15, 15, 15, 15, 20}},
    {"SyncCondWait", WaitReason::kCondWait, {20, 20, 20, 20, 20, 21, 21}},
    {"SyncMutexLock", WaitReason::kMutexLock, {kNo, 21, 21, 21, 21, 22, 22}},
    {"SyncRWMutexRLock", WaitReason::kRwMutexRLock, {kNo, 22, 22, 22, 22, 23, 23}},
    {"SyncRWMutexLock", WaitReason::kRwMutexLock, {kNo, 23, 23, 23, 23, 24, 24}},
    {"SyncWaitGroupWait", WaitReason::kWaitGroupWait, {kNo, kNo, kNo, kNo, 24, 25, 25}},
    {"TraceReaderBlocked", WaitReason::kTraceReaderBlocked, {22, 24, 24, 24, 25, 26, 26}},
    {"WaitForGCCycle", WaitReason::kWaitForGcCycle, {23, 25, 25, 25, 26, 27, 27}},
    {"GCWorkerIdle", WaitReason::kGcWorkerIdle, {24, 26, 26, 26, 27, 28, 28}},
    {"GCWorkerActive", WaitReason::kGcWorkerActive, {kNo, 27, 27, 27, 28, 29, 29}},
    {"Preempted", WaitReason::kPreempted, {25, 28, 28, 28, 29, 30, 30}},
    {"DebugCall", WaitReason::kDebugCall, {26, 29, 29, 29, 30, 31, 31}},
    {"GCMarkTermination", WaitReason::kGcMarkTermination, {kNo, 30, 30, 30, 31, 32, 32}},
    {"StoppingTheWorld", WaitReason::kStoppingTheWorld, {kNo, 31, 31, 31, 32, 33, 33}},
    {"FlushProcCaches", WaitReason::kFlushProcCaches, {kNo, kNo, 32, 32, 33, 34, 34}},
    {"TraceGoroutineStatus", WaitReason::kTraceGoroutineStatus, {kNo, kNo, 33, 33, 34, 35, 35}},
    {"TraceProcStatus", WaitReason::kTraceProcStatus, {kNo, kNo, 34, 34, 35, 36, 36}},
    {"PageTraceFlush", WaitReason::kPageTraceFlush, {kNo, kNo, 35, 35, 36, 37, 37}},
    {"Coroutine", WaitReason::kCoroutine, {kNo, kNo, 36, 36, 37, 38, 38}},
    {"GCWeakToStrongWait", WaitReason::kGcWeakToStrongWait, {kNo, kNo, kNo, 37, 38, 39, 39}},
    {"SynctestRun", WaitReason::kSynctestRun, {kNo, kNo, kNo, kNo, 39, 40, 40}},
    {"SynctestWait", WaitReason::kSynctestWait, {kNo, kNo, kNo, kNo, 40, 41, 41}},
    {"SynctestChanReceive", WaitReason::kSynctestChanReceive, {kNo, kNo, kNo, kNo, 41, 42, 42}},
    {"SynctestChanSend", WaitReason::kSynctestChanSend, {kNo, kNo, kNo, kNo, 42, 43, 43}},
    {"SynctestSelect", WaitReason::kSynctestSelect, {kNo, kNo, kNo, kNo, 43, 44, 44}},
    {"SynctestWaitGroupWait", WaitReason::kSynctestWaitGroupWait, {kNo, kNo, kNo, kNo, kNo, 45, 45}},
    {"CleanupWait", WaitReason::kCleanupWait, {kNo, kNo, kNo, kNo, kNo, 46, 46}},
    {"TimerGoroutineIdle", WaitReason::kTimerGoroutineIdle, {21, kNo, kNo, kNo, kNo, kNo, kNo}},
};

}  // namespace

WaitReasons::WaitReasons(const LayoutSource& layouts, const GoVersion& version) {
  by_value_.fill(WaitReason::kUnknown);
  const bool named = layouts.constant("runtime.waitReasonZero").has_value();
  const int column = version.wait_reason_numbering();
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
