// Why a parked goroutine waits: the runtime's reasons, with one name each, since many releases number them anew
// (go/wait_reason.h knows the numbers, reference 5.2). They are in this layer because a snapshot keeps them. The values
// are those of .hold files: a new reason goes before kUnknown and takes the next number.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast {

enum class WaitReason : std::uint8_t {
  kZero,  // it does not wait
  kGcAssistMarking,
  kIoWait,
  kDumpingHeap,
  kGarbageCollection,
  kGarbageCollectionScan,
  kPanicWait,
  kGcAssistWait,
  kGcSweepWait,
  kGcScavengeWait,
  kFinalizerWait,
  kForceGcIdle,
  kUpdateGomaxprocsIdle,
  kSemacquire,
  kSleep,
  kChanReceiveNilChan,
  kChanSendNilChan,
  kSelectNoCases,
  kSelect,
  kChanReceive,
  kChanSend,
  kCondWait,
  kMutexLock,
  kRwMutexRLock,
  kRwMutexLock,
  kWaitGroupWait,
  kTraceReaderBlocked,
  kWaitForGcCycle,
  kGcWorkerIdle,
  kGcWorkerActive,
  kPreempted,
  kDebugCall,
  kGcMarkTermination,
  kStoppingTheWorld,
  kFlushProcCaches,
  kTraceGoroutineStatus,
  kTraceProcStatus,
  kPageTraceFlush,
  kCoroutine,
  kGcWeakToStrongWait,
  kSynctestRun,
  kSynctestWait,
  kSynctestChanReceive,
  kSynctestChanSend,
  kSynctestSelect,
  kSynctestWaitGroupWait,
  kCleanupWait,
  kTimerGoroutineIdle,
  kUnknown = 255,  // a number that this release does not define
};

// The number of reasons, with kZero and without kUnknown.
constexpr std::size_t kWaitReasons = static_cast<std::size_t>(WaitReason::kTimerGoroutineIdle) + 1;

}  // namespace holdfast
