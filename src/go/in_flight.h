// Says how far the runtime's counters may be from the heap of a target that was stopped while it worked on the heap.
// The runtime changes its records and its counters one after the other; a thread that was stopped in between shows in
// the records or in the functions on its stack. If no thread was, every bound is 0. One thread; nothing throws. (Go
// 1.19-1.27: mcache.refill, releaseAll and allocLarge, sweepLocked.sweep, mheap.allocSpan and freeSpanLocked,
// pageAlloc.scavengeOne; reference 8.1.)
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "go/function_tables.h"
#include "go/heap_model.h"
#include "go/span_caches.h"
#include "go/unwind.h"

namespace holdfast::go {

// What a thread was doing to the heap, judged by the functions on one of its stacks.
struct HeapWork {
  bool sweeps = false;
  bool takes_span = false;  // from the page allocator; or it gives one back
  bool grows = false;       // it gets memory from the system
  bool scavenges = false;   // it returns memory to the system

  bool operator==(const HeapWork&) const = default;
};

HeapWork heap_work(const Stack& stack, const FunctionTables& functions);

// The most by which the counters may differ from the heap, in either direction: a sum over all threads.
struct InFlight {
  std::uint64_t objects = 0;         // HeapObjects
  std::uint64_t object_bytes = 0;    // HeapAlloc
  std::uint64_t span_bytes = 0;      // HeapInuse
  std::uint64_t manual_bytes = 0;    // stacks and work buffers
  std::uint64_t released_bytes = 0;  // HeapReleased

  bool operator==(const InFlight&) const = default;
};

// `threads` has an element for each stack; those without such functions may be missing.
InFlight in_flight(const HeapModel& heap, std::span<const SpanCache> caches, std::span<const HeapWork> threads);

// Whether the runtime's count of the span's objects (allocCount) may be from another moment than its bits, since the
// span is being swept, is new, or a P took a slot and has not counted it yet; a P takes one at a time. `objects` is the
// count by the bits.
bool count_may_lag(const HeapModel& heap, const MSpan& span, std::uint64_t objects);

}  // namespace holdfast::go
