// Why a parked goroutine waits, in the runtime's words. The runtime numbers its reasons anew in many releases
// (reference 5.2); here they have one name each.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "go/layout.h"
#include "go/version.h"

namespace holdfast::go {

enum class WaitReason : std::uint8_t {
  kZero,
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
  kUnknown,  // a number that this release does not define
};

// "chan receive", "sync.Mutex.Lock"; empty for kZero and kUnknown.
std::string_view text_of(WaitReason reason);

// The numbering of one release: from the layouts' constants where they have them, else from the built-in table.
class WaitReasons {
 public:
  WaitReasons(const LayoutSource& layouts, const GoVersion& version);
  WaitReason operator[](std::uint8_t value) const { return by_value_[value]; }

 private:
  std::array<WaitReason, 256> by_value_;
};

// Up to Go 1.19 (wait groups: 1.23) all locks of package sync wait with "semacquire". The functions on the stack,
// innermost first and inlined ones included, tell which it is, as later releases say it: an RWMutex.Lock that waits for
// another writer waits in its Mutex.
WaitReason refine_semacquire(std::span<const std::string_view> functions);

}  // namespace holdfast::go
