// What a Snapshot says about memory that is not in the graph: how the collector is paced, what a C allocator has, which
// other mappings there are and which Go memory points at them. Facts of one moment, in bytes and nanoseconds; times of
// day count from 1970 UTC. Everything is optional in a .hold file, so defaults mean "not known".
#pragma once

#include <cstdint>
#include <optional>

#include "base/address.h"
#include "base/ids.h"

namespace holdfast::heap {

// How the collector is told to work and how it has worked (runtime.gcController, runtime.memstats, runtime.work).
struct Pace {
  // GOMEMLIMIT of a program without one: math.MaxInt64.
  static constexpr std::uint64_t kNoLimit = (std::uint64_t{1} << 63) - 1;

  bool known = false;
  std::int64_t gc_percent = 0;           // GOGC; -1 = off
  std::uint64_t memory_limit = 0;        // GOMEMLIMIT, or kNoLimit
  std::uint64_t counted = 0;             // what counts for that limit
  std::uint64_t marked = 0;              // what the last collection left
  std::uint64_t processors = 0;          // GOMAXPROCS
  std::uint64_t last_collection_at = 0;  // when it ended; 0 = there was none
  // Of the ends of collections in the last ten seconds (of the last 256 at most, which the runtime keeps): how many
  // come after the first of them, and the time since that one. Until the look; until the last collection if nobody
  // knows when a core was made.
  std::uint64_t recent_intervals = 0;
  std::uint64_t recent_ns = 0;
  double share_since_start = 0;  // of all processor time that the program could have had, as MemStats.GCCPUFraction
  // Processor time that the last collection took for itself (not what idle processors gave), and the time from the end
  // of the one before to its end. None while one is under way.
  std::optional<std::uint64_t> last_work_ns;
  std::uint64_t last_cycle_ns = 0;

  bool has_limit() const { return known && memory_limit < kNoLimit; }
  double collections_per_second() const {
    return recent_ns == 0 ? 0 : static_cast<double>(recent_intervals) * 1e9 / static_cast<double>(recent_ns);
  }
  // Returns the last collection's share of all processors, from the end of the one before; none if not known.
  std::optional<double> last_share() const {
    if (!last_work_ns || last_cycle_ns == 0 || processors == 0) return std::nullopt;
    return static_cast<double>(*last_work_ns) / (static_cast<double>(last_cycle_ns) * static_cast<double>(processors));
  }
  bool operator==(const Pace&) const = default;
};

// What malloc of the GNU C library has, by its own headers and counters. `recognised` says that its counters were found
// and that they agree with the headers of every heap that was walked.
struct CHeap {
  bool recognised = false;
  std::uint64_t used_blocks = 0;  // blocks that malloc has given out, with those that threads keep ready to reuse
  std::uint64_t used_bytes = 0;   // of them, with their headers
  std::uint64_t largest = 0;      // the largest of them
  std::uint64_t free_blocks = 0;  // blocks that wait to be given out again, and the unused end of each heap
  std::uint64_t free_bytes = 0;
  std::uint64_t arenas = 0;        // the main one and those of threads
  std::uint64_t heap_bytes = 0;    // of all arenas: used_bytes without the large blocks, and free_bytes
  std::uint64_t large_blocks = 0;  // of used_blocks, those with a mapping of their own
  std::uint64_t large_bytes = 0;

  bool operator==(const CHeap&) const = default;
};

enum class MappingUse : std::uint8_t {
  kOther,  // mapped by the program or by a library, not told apart further
  kFile,   // of a mapped file
  kStack,  // of a thread
  kCHeap,
  kRuntime,  // records of the Go runtime
  kGlobals,  // data of Go modules
  kGoHeap,
};

// One mapping of the process; in address order. Reserved address space is left out.
struct Mapping {
  AddressRange range;
  MappingUse use = MappingUse::kOther;  // what most of its resident bytes are
  StringId name;                        // path of a file, or "[heap]", "[anon:...]"; none for plain memory
  std::uint64_t resident = 0;           // bytes; in a core see Account::of_mappings
  std::uint64_t huge = 0;               // of these, bytes in huge pages
  bool writable = false;
  bool shared = false;
  std::uint64_t pointers = 0;  // words of Go objects and package variables that are an address in it

  bool operator==(const Mapping&) const = default;
};

// A word of Go memory that is an address in a mapping of use kOther, kFile, kCHeap: the first few of each mapping.
struct MappingHolder {
  std::uint32_t mapping = 0;  // row of Snapshot::mappings
  ObjectId object;            // that has the word; none if a package variable has it
  LabelId variable;           // otherwise
  std::uint64_t offset = 0;   // of the word in the object, or in the variable
  Address value;              // of the word

  bool operator==(const MappingHolder&) const = default;
};

}  // namespace holdfast::heap
