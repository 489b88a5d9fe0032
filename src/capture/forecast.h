// Foretells what a look at a live process will cost: how long it is held still, and how much memory holdfast takes. The
// figures come from bench/pause_bench and from the peaks of lists, service heaps, random graphs and deep stacks
// (docs/architecture.md, "Memory per object"). Pure sums; any thread may call them, and nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>

namespace holdfast::capture {

// What a look at the process is about, as seen while it runs.
struct Effort {
  std::uint64_t bytes = 0;          // of the heap, variables and stacks, that are in memory
  std::uint64_t record_bytes = 0;   // of the runtime's records beside them
  std::uint64_t content_bytes = 0;  // of these, what is kept as content: in one more copy
  std::uint64_t deep_stack_bytes = 0;
  std::uint64_t objects = 0;     // allocated slots, about
  std::uint64_t pointerful = 0;  // those that can hold pointers
  std::uint64_t references = 0;  // that these hold, about
  std::uint32_t goroutines = 0;  // alive; one that has ended costs nothing
  std::uint32_t threads = 0;
  std::size_t modules = 0;       // the program and its plugins
  std::uint64_t opened_rss = 0;  // our own memory once the target is open
  double records_ms = 0;         // to read the runtime's records and make sense of them, measured
  double ms_per_byte = 0;        // to copy, measured with one reader
  unsigned readers = 1;          // that copy at once

  std::uint64_t all_bytes() const { return bytes + record_bytes; }
};

double foretold_pause_ms(const Effort& effort);
std::uint64_t foretold_memory(const Effort& effort);  // in bytes, at the peak

}  // namespace holdfast::capture
