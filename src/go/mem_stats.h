// runtime.MemStats, computed from the runtime's own counters in memory, without a call into the target (reference 8; Go
// 1.19-1.27). If the process was stopped while it allocated, single fields can be off by what was in flight. Numbers
// are bytes, counts and nanoseconds, as in Go.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "go/heap_model.h"

namespace holdfast::go {

struct MemStats {
  // Field names of runtime.MemStats and their values, in its order; only the fields whose raw material was found.
  std::vector<std::pair<std::string_view, std::uint64_t>> fields;
  // Bytes of spans in state manual, by the runtime's counters: stacks, work buffers, bitmaps.
  std::optional<std::uint64_t> manual_bytes;

  std::optional<std::uint64_t> find(std::string_view name) const;
};

// How the collector is told to work, and how it has worked. Times of day are nanoseconds since 1970 UTC.
struct CollectorPace {
  std::int32_t gc_percent = 0;      // GOGC; -1 = off
  std::uint64_t memory_limit = 0;   // GOMEMLIMIT; math.MaxInt64 = none
  std::uint64_t mapped_ready = 0;   // what counts for the limit
  std::uint64_t marked = 0;         // what the last collection left, in bytes
  std::uint64_t processors = 0;     // GOMAXPROCS
  std::vector<std::uint64_t> ends;  // of the last collections, at most 256, oldest first
  double cpu_fraction = 0;          // MemStats.GCCPUFraction
  // Processor time that marking took in the last collection: of workers that had a processor for it and of goroutines
  // that had to help. While a collection runs, the sums are of that one.
  std::uint64_t mark_ns = 0;
};

// Processor time by what it was for, and pauses, as runtime/metrics has them. The times are sums since the program
// began, of all processors, and reach up to the end of the last collection. None: this release does not count it, or
// the variable was not found.
struct CollectorTimes {
  std::optional<std::uint64_t> collector_ns;  // all that the collector took, idle processors included
  std::optional<std::uint64_t> assist_ns;     // of it, what goroutines that allocate had to help (1.20+)
  std::optional<std::uint64_t> scavenge_ns;   // giving memory back to the system (1.20+)
  std::optional<std::uint64_t> all_ns;        // that the program could have had: GOMAXPROCS times the time
  std::optional<std::uint64_t> last_pause_ns, longest_pause_ns;  // of the last collections, at most 256
  std::optional<std::uint64_t> limiter_cycle;  // the last collection that the limiter cut short; 0 = none
  std::optional<bool> marking;                 // whether a collection is under way
};
CollectorTimes read_collector_times(const Runtime& runtime);

// None if the variables were not found. Fails with kDamaged if the controller cannot be read.
std::optional<CollectorPace> read_collector_pace(const Runtime& runtime);

// Returns MemStats.NumGC alone: the collections that are complete. None if it cannot be read.
std::optional<std::uint32_t> count_collections(const Runtime& runtime);

// Returns when the last collection ended, in nanoseconds of the runtime's clock (CLOCK_MONOTONIC); 0 if there was none,
// or if it is not known.
std::uint64_t last_collection_clock(const Runtime& runtime);

// Returns when the last collections ended, at most 256, oldest first, in the same clock. Empty if there was none, or if
// it is not known.
std::vector<std::uint64_t> collection_end_clocks(const Runtime& runtime);

// Returns how often the program has called runtime/cgo.NewHandle: handles are numbered from 1 on and no number is used
// again (runtime/cgo/handle.go, Go 1.19-1.27). None if it has no such function, or the number cannot be read.
std::optional<std::uint64_t> count_c_handles(const Runtime& runtime);

// Empty if the runtime's variables were not found. Fails with kDamaged if a counter cannot be read.
MemStats read_mem_stats(const Runtime& runtime);

}  // namespace holdfast::go
