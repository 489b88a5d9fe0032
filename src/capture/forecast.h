// Foretells what a look at a live process will cost: how long it is held still, and how much memory holdfast takes. The
// figures come from bench/pause_bench, from the tables of columns (docs/architecture.md, "Memory per object";
// graph/dominators.h) and from measured peaks, which tests/e2e/forecasts.py compares again. Pure sums; any thread may
// call them, and nothing throws.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "os/processor_load.h"

namespace holdfast::capture {

// How large a graph is.
struct GraphSize {
  std::uint64_t objects = 0;     // allocated slots
  std::uint64_t pointerful = 0;  // those that can hold pointers
  std::uint64_t references = 0;  // edges
  std::uint64_t repeated = 0;    // of these, at most so many lead to an object that another edge leads to, too

  std::uint64_t longest_row = 0;  // references of one object that have to be found in one piece, at most

  // `repeated` when nothing is known of what they lead to: one to each object with pointers is not repeated.
  static std::uint64_t most_repeated(std::uint64_t references, std::uint64_t pointerful) {
    return references - std::min(references, pointerful);
  }
};

// What a look at the process is about, as seen while it runs.
struct Effort {
  std::uint64_t bytes = 0;          // of the heap, variables and stacks, that are in memory
  std::uint64_t record_bytes = 0;   // of the runtime's records beside them
  std::uint64_t content_bytes = 0;  // of these, what is kept as content: in one more copy
  std::uint64_t deep_stack_bytes = 0;
  GraphSize graph;               // about
  std::uint64_t spans = 0;       // of the heap and of stacks
  std::uint32_t goroutines = 0;  // alive; one that has ended costs nothing
  std::uint32_t threads = 0;
  std::size_t modules = 0;       // the program and its plugins
  std::uint64_t opened_rss = 0;  // our own memory once the program is open
  double records_ms = 0;         // to read the runtime's records and make sense of them, measured
  double ms_per_byte = 0;        // to copy, measured with one reader
  unsigned readers = 1;          // that copy at once
  os::ProcessorLoad load{};      // of the machine, at its highest while we looked
  unsigned workers = 1;          // that look for edges at once

  std::uint64_t all_bytes() const { return bytes + record_bytes; }
};

// How long the target will be held, in milliseconds.
struct PauseForecast {
  double alone_ms = 0;  // if nobody else wants the processors
  // Nine of ten pauses lie between these, if the machine stays as busy as it is.
  double least_ms = 0, most_ms = 0;
};

PauseForecast foretell_pause(const Effort& effort);
std::uint64_t foretold_memory(const Effort& effort);  // in bytes, at the peak

// Whether the search for types, which needs the copy, and that for dominators may run side by side. If not, the copy
// goes before dominators are found. This keeps what we promise: at most 1.3 times the bytes copied and 32 bytes per
// object.
bool fit_side_by_side(std::uint64_t copied_bytes, const GraphSize& graph);

}  // namespace holdfast::capture
