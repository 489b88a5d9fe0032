// What a program's collector did, cycle by cycle, as far as a text tells: lines of GODEBUG (gctrace, scavtrace,
// schedtrace, inittrace, gcpacertrace) in what a program printed, MemStats as /debug/vars has it or as it stands behind
// a heap profile in text form, and values of runtime/metrics (go-formats 2.2, 3.1, 3.3, 3.4). What a source does not
// say is not there.
//
// Times are in ns, sizes in bytes. gctrace has whole MiB, rounded down: so have the sizes made of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::collector {

using Ns = std::uint64_t;
using Bytes = std::uint64_t;

// The processors' time for a cycle.
struct CycleCpu {
  Ns sweep_stop = 0, mark_stop = 0;  // the two stops, on all processors
  Ns assist = 0;                     // goroutines that allocate had to help
  Ns background = 0;                 // the collector's own workers
  Ns idle = 0;                       // processors that had nothing else to do
  Ns total() const { return sweep_stop + mark_stop + assist + background + idle; }
};

// What the runtime planned for a cycle and what came of it, from the lines of gcpacertrace before that of the cycle.
struct Pacing {
  std::optional<double> assist_ratio = {};  // what who allocates has to scan for each byte, when the cycle began
  // Of the processors' time that the program has: what the collector took of it, and was to take.
  std::optional<std::uint64_t> used_percent = {}, wanted_percent = {};
  std::optional<Bytes> scanned = {},
                       expected = {};         // of objects, stacks and globals = {}; `expected` from the cycle before
  std::optional<std::int64_t> off_goal = {};  // by how much the heap ended above its goal = {}; negative below
};

struct Cycle {
  std::uint64_t number = 0;            // as the runtime counts, from 1
  std::optional<Ns> since_start;       // when it began, since the process did
  std::optional<Ns> ended;             // when its last stop ended, since 1970 UTC
  std::optional<Ns> sweep_stop, mark;  // how long its parts took: the stop before, and the concurrent part
  std::optional<Ns> mark_stop;         // the stop behind
  std::optional<Ns> paused;            // both stops
  std::optional<CycleCpu> cpu;
  std::optional<std::uint64_t> share_percent;  // of the processors' time, that the collector took since the start
  std::optional<Bytes> heap_at_start, heap_at_end, live;  // live: what it marked
  std::optional<Bytes> goal;                              // of this cycle; none if there was none, as with GOGC=off
  std::optional<Bytes> stacks, globals;
  std::optional<std::uint64_t> processors;
  std::optional<bool> forced;
  bool leak_search = false;                                     // it looked for leaked goroutines
  std::optional<Pacing> pacing;                                 // with gcpacertrace
  std::optional<std::uint64_t> scanned_objects, scanned_spans;  // with gctrace=2, from Go 1.25 on
  std::uint64_t line = 0;                                       // of the text; 0 if that has no line for it
};

// One reading of MemStats or runtime/metrics.
struct Moment {
  std::uint64_t cycles = 0;  // that had ended
  std::optional<std::uint64_t> forced;
  std::optional<Bytes> heap_alloc, heap_inuse, heap_idle, heap_released, goal, system, live, allocated_ever;
  std::optional<double> gc_share;  // of the processors' time since the start
  std::uint64_t number = 0;        // which reading of the text it is, from 1
};

struct Scavenging {
  Bytes returned = 0;                 // by this round
  std::optional<Bytes> returned_now;  // that the system has at this moment
  std::uint64_t used_percent = 0;     // of what is not returned
};

struct Scheduling {
  Ns since_start = 0;
  std::uint64_t processors = 0, idle_processors = 0, threads = 0, runnable = 0;
};

struct Initialisation {
  std::string_view package;
  Ns took = 0;
  Bytes allocated = 0;
  std::uint64_t allocations = 0;
};

struct UnreadLine {
  std::uint64_t number = 0;
  std::string_view text;
};

struct Series {
  std::vector<Cycle> cycles;  // by number
  std::vector<Moment> moments;
  std::vector<Scavenging> scavenged;
  std::vector<Scheduling> scheduled;
  std::vector<Initialisation> initialised;
  std::uint64_t pacer_lines = 0, scan_lines = 0;  // of gcpacertrace, and of gctrace=2
  std::uint64_t other_lines = 0;                  // of the program
  // Lines that begin as one of the collector's and go on in another way: somebody wrote in between.
  std::uint64_t broken_lines = 0;
  std::vector<UnreadLine> first_broken;
  // Cycles that come again with a smaller number: the text is of several processes.
  std::uint64_t restarts = 0;
  // Of an execution trace: cycles are numbered, and times counted, from its beginning and not from the process's.
  bool counts_from_trace = false;
  std::string remark;  // what everybody has to know of the numbers, in sentences
};

// Reads the bytes of any of these. Fails with kUnsupported if nothing in it is of a collector, with kDamaged if JSON
// ends or goes wrong; `name` is what the error calls it. Texts of the result are views into the bytes.
Series read_series(std::span<const std::byte> bytes, const std::string& name);

}  // namespace holdfast::collector
