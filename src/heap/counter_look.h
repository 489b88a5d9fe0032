// One look at the counters of a process: those of its Go runtime, and those that the system keeps of it. Plain numbers
// of one moment, whoever read them: a running process, a core, a .hold file, or tests that make some up. What each of
// them means is said in view/counter_fields.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "heap/snapshot.h"

namespace holdfast::heap {

enum class CounterId : std::uint8_t {
  // Of runtime.MemStats, in its order.
  kTotalAlloc,
  kSys,
  kMallocs,
  kFrees,
  kHeapAlloc,
  kHeapSys,
  kHeapIdle,
  kHeapInuse,
  kHeapReleased,
  kHeapObjects,
  kStackInuse,
  kStackSys,
  kMSpanInuse,
  kMSpanSys,
  kMCacheInuse,
  kMCacheSys,
  kBuckHashSys,
  kGCSys,
  kOtherSys,
  kNextGC,
  kLastGC,
  kPauseTotalNs,
  kNumGC,
  kNumForcedGC,
  kGCCPUFraction,
  // What else the runtime counts; most of it is in runtime/metrics.
  kLive,
  kGCPercent,
  kMemoryLimit,
  kCountedForLimit,
  kProcessors,
  kGoroutines,
  kMarking,
  kLastPause,
  kLongestPause,
  kCollectorTime,
  kAssistTime,
  kScavengeTime,
  kAllTime,
  kLimiterCycle,
  // Of the process.
  kRss,
  kRssAnonymous,
  kRssFiles,
  kRssShared,
  kPeakRss,
  kAddressSpace,
  kSwap,
  kProportional,
  kPrivateDirty,
  kLazyFree,
  kHugePages,
  kCHeapUsed,
  kCHeapFree,
  kProgramCached,
  kThreads,
  kOpenFiles,
  kMostOpenFiles,
  kMinorFaults,
  kMajorFaults,
  kProcessorTime,
  // Of the control group whose memory limit is the tightest.
  kGroupUsage,
  kGroupLimit,
  kGroupReclaimable,
};
constexpr std::size_t kCounterIds = static_cast<std::size_t>(CounterId::kGroupReclaimable) + 1;

struct CounterLook {
  std::int64_t at_ns = 0;  // since 1970 UTC
  // Bytes, counts, nanoseconds; shares in billionths. None: not known, or the program has no such counter.
  std::array<std::optional<std::int64_t>, kCounterIds> values = {};
  // The runtime's counters are read twice, one reading right after the other. Whether both gave the same: then they are
  // of one moment. If not, the process was at work between the two, and each may be off by what it did there: this
  // many bytes of HeapAlloc, and of TotalAlloc. Even if both are the same, a thread may stand between two steps of one
  // change for as long as it has no processor: then a span that it takes or gives back is missing in a sum, or there
  // twice (seen with Go 1.26: HeapSys and GCSys during a collection, so Sys by 8 KiB).
  bool of_one_moment = true;
  std::uint64_t heap_moved = 0, allocated_meanwhile = 0;
  // When the system last walked the page tables for what takes it long: kProportional, kPrivateDirty, kLazyFree,
  // kHugePages, kCHeapUsed, kCHeapFree, kProgramCached. In a row of looks it may be that of an earlier one; 0 = never.
  std::int64_t walked_at_ns = 0;

  std::optional<std::int64_t> of(CounterId id) const { return values[static_cast<std::size_t>(id)]; }
  void set(CounterId id, std::optional<std::uint64_t> value) {
    if (value) values[static_cast<std::size_t>(id)] = static_cast<std::int64_t>(*value);
  }
};

// Says which counter a field of runtime.MemStats is, by its name there. None of those that are always the same or the
// same as another: Alloc (HeapAlloc), Lookups, EnableGC, DebugGC; and of those that are lists.
std::optional<CounterId> counter_of_mem_stats(std::string_view field);

// Returns what a Snapshot has of them. A core and a .hold file say nothing of threads, files and faults.
CounterLook counter_look(const Snapshot& snapshot);

}  // namespace holdfast::heap
