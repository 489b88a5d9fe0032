// The numbers of one moment that symptoms are told by (evidence/symptoms.h). Bytes unless it says otherwise; what
// Account says of parts holds for them here, and 0 stands for what a snapshot does not know.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "graph/reachability.h"
#include "heap/sample_estimate.h"
#include "heap/snapshot.h"

namespace holdfast::evidence {

struct Look {
  std::string name;        // of the target, as the user gave it
  std::int64_t at_ns = 0;  // since 1970 UTC; 0 = not known
  heap::Account account;   // with objects split into live and garbage
  heap::Pace pace;
  std::uint64_t collections = 0;       // completed
  std::uint64_t goroutines = 0;        // a number, as runtime.NumGoroutine: without the runtime's own
  std::uint64_t allocated_ever = 0;    // MemStats.TotalAlloc
  std::uint64_t spans_in_use = 0;      // MemStats.HeapInuse
  std::uint64_t objects_in_spans = 0;  // MemStats.HeapAlloc
  // What the memory profile says is in use; none if there is no profile.
  std::optional<heap::EstimatedNumber> profiled;
  // Whether objects that are allocated now can come into it: the profiler is not off.
  bool is_profiling = false;
  std::uint64_t profile_rate = 0;   // runtime.MemProfileRate, in bytes
  std::string most_goroutines;      // where most of them stand: "goroutines in chan send at main.work main.go:17"
  std::uint64_t at_that_place = 0;  // how many
  // Goroutines that can never go on, and what they alone hold; the caller fills it from graph::LeakedGoroutines.
  std::uint64_t leaked = 0, leaked_bytes = 0;

  // Of objects, whether they are in memory or not: a large one that was never written to lives all the same.
  std::uint64_t live = 0, garbage = 0;

  // The Go heap that is resident: objects, and what is free.
  std::uint64_t heap() const { return account.live + account.garbage + account.free; }
  std::uint64_t objects() const { return live + garbage; }
};

// Throws when cancelled.
Look make_look(const heap::Snapshot& snapshot, const graph::Reachability& reached, std::string name);

}  // namespace holdfast::evidence
