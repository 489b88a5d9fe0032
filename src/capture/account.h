// Says where every byte of a live process's resident memory is. It puts two answers together: the system says what is
// resident (smaps, and page by page where a mapping has parts of different kinds), and the Go runtime says what the
// memory is for. Sizes are in bytes. One thread.
//
// Each resident byte counts in one line of heap::Account, the first one here that claims it:
//   heap arenas, page by page, by the span that a page belongs to:
//     live      what is resident of slots that hold an object (after marking without garbage, which has its own line)
//     free      slots without an object, tails of spans, pages in no span; among these pages that were given back to
//               the system, or never used, and are in memory all the same (huge pages do that)
//     stacks    spans of goroutine stacks (and of stacks of threads that the runtime made), in use or cached
//     runtime   the collector's work buffers
//   globals   data and bss of the Go modules: package variables, the runtime's own among them
//   files     the rest of all mapped files: text, read-only data, libraries with their data, files the program maps
//   stacks    the main thread's stack, and stacks of C threads
//   c_heap    what malloc of glibc says is its own (c_heap.h); of other allocators only [heap], since their mappings
//             cannot be told from others
//   runtime   anonymous mappings that hold records of the runtime, up to the bytes that its counters say it took
//   mappings  all other memory: mapped by the program or by C libraries, shared without a file, [vdso]
//   rest      heap pages that came or went between the system's two answers
// `released` is not resident, so no sum contains it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "base/loss.h"
#include "base/string_table.h"
#include "capture/c_heap.h"
#include "go/heap_model.h"
#include "go/unwind.h"
#include "heap/snapshot.h"
#include "os/maps.h"

namespace holdfast::capture {

// What was resident at one moment.
struct Residency {
  std::vector<os::MappingUsage> mappings;  // in address order
  // The pages of anonymous mappings that are in memory: sorted, disjoint.
  std::vector<AddressRange> present;
  // Of a core: the pages of anonymous mappings that its file does not store, which read as zeros: sorted, disjoint.
  std::vector<AddressRange> holes;
  // Of malloc: heaps and large blocks.
  CHeapRead c_heap;
  // Where the Go runtime keeps records that it never gives back (runtime.persistentalloc): sorted, disjoint.
  std::vector<AddressRange> record_chunks;
  // Of a core, which does not say what was resident (core_mappings.h).
  bool of_mappings = false;
};

// Returns memory of the Go runtime in which malloc has nothing: its heap, as far as it can be read, and
// `record_chunks`.
std::vector<AddressRange> memory_of_go(const go::Runtime* runtime, std::vector<AddressRange> record_chunks);

// Does not stop the process; takes 10 ms per resident GB. `runtime` is that of the process, seen through its memory
// while it runs; it may be null. None, and a loss, if the system refuses or the process is gone.
std::optional<Residency> read_residency(pid_t pid, const go::Runtime* runtime, LossLedger& losses);

// What the runtime says about its memory.
struct AccountFacts {
  struct SpanUse {
    AddressRange range;
    const heap::Span* objects = nullptr;  // null in manual spans: stacks, work buffers
  };
  std::vector<AddressRange> arenas;                     // of the Go heap: sorted, disjoint
  std::vector<SpanUse> spans;                           // sorted, disjoint, each in an arena
  const HugeArray<std::uint64_t>* allocated = nullptr;  // Snapshot::allocated, if any span has objects
  std::vector<AddressRange> globals;                    // data and bss of Go modules: sorted, disjoint
  std::vector<AddressRange> records;                    // of the runtime, outside of the arenas: sorted, disjoint
  // The thread pointer of every thread: pthread keeps what it points to at the top of the thread's stack.
  std::vector<Address> thread_blocks;
  std::uint64_t work_buffer_bytes = 0;
  // What the runtime took from the system for its records, by its counters, and its table of arenas, which it does not
  // count: 32 MiB of which few pages are ever touched.
  std::uint64_t record_bytes = 0;
  AddressRange arena_table;
  std::uint64_t released = 0;
  // Pages that the runtime gave back or never used: sorted, disjoint. They are free where they lie in no span.
  std::vector<AddressRange> released_pages;
};

// `snapshot` must have its spans, which are those of heap.in_use(), and must outlive the facts. `globals` must be
// sorted and disjoint. What cannot be read is left empty: then less is told apart, but the sums hold.
AccountFacts account_facts(const go::Runtime& runtime, const go::HeapModel& heap, const heap::Snapshot& snapshot,
                           std::vector<AddressRange> globals, const std::vector<go::ThreadRegisters>& threads);

struct Accounted {
  // Its parts add up to rss, which is the sum over the mappings. `known` is set; next_gc and heap_sys are not.
  heap::Account account;
  // All that have resident bytes. Their `resident` is that of the system, and `use` what most of it is.
  std::vector<heap::Mapping> mappings;
};
Accounted account_of(const Residency& residency, const AccountFacts& facts, StringTable& strings);

// Returns the parts of spans that are not in memory, as Snapshot::absent has them.
std::vector<AddressRange> absent_of(const Residency& residency, const std::vector<heap::Span>& spans);

}  // namespace holdfast::capture
