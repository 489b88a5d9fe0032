#include "go/in_flight.h"

#include <algorithm>
#include <string_view>

namespace holdfast::go {
namespace {

// Pages go back to the system in pieces of a chunk of the page allocator (runtime.pallocChunkBytes).
constexpr std::uint64_t kMostScavenged = 4 << 20;

std::uint64_t largest(const std::vector<MSpan>& spans) {
  std::uint64_t bytes = 0;
  for (const MSpan& span : spans) bytes = std::max(bytes, span.bytes());
  return bytes;
}

class Summing {
 public:
  explicit Summing(const HeapModel& heap) : heap_(heap) {}

  InFlight run(std::span<const SpanCache> caches, std::span<const HeapWork> threads) {
    for (const SpanCache& cache : caches) add_cache(cache);
    for (const MSpan& span : heap_.in_use()) add_span(span);
    add_threads(threads);
    return sum_;
  }

 private:
  void add_slots(std::uint64_t slots, std::uint64_t size) {
    sum_.objects += slots;
    sum_.object_bytes += slots * size;
  }

  // What the P took from a span that it gives back is counted as a whole or not at all.
  void add_cache(const SpanCache& cache) {
    const auto slot_size = [](const CachedSpan& span) { return size_of_class(span.span_class / 2); };
    for (const CachedSpan& span : cache.spans)
      if (!span.held) add_slots(span.taken(), slot_size(span));
    if (!cache.may_be_flushing || cache.spans.empty()) return;
    const CachedSpan& first = cache.spans.front();
    if (first.held && first.count_before == 0) add_slots(first.alloc_count, slot_size(first));
  }

  void add_span(const MSpan& span) {
    if (span.sweep_gen == heap_.sweep_gen() - 1) {
      ++in_sweep_;
      add_slots(span.slots - std::min(span.slots, span.alloc_count), span.slot_size);
    } else if (span.sweep_gen == heap_.sweep_gen() && span.alloc_count == 0 && span.free_index == 0) {
      // No list of the runtime has empty spans: this one is on its way from or to the page allocator.
      sum_.span_bytes += span.bytes();
      if (span.size_class() == 0) add_slots(1, span.slot_size);
    } else if (span.sweep_gen == heap_.sweep_gen() && span.free_index == 0 && span.size_class() != 0) {
      const std::uint64_t free = span.slots - std::min(span.slots, span.alloc_count);
      most_swept_.objects = std::max(most_swept_.objects, free);
      most_swept_.object_bytes = std::max(most_swept_.object_bytes, free * span.slot_size);
    }
  }

  void add_threads(std::span<const HeapWork> threads) {
    std::uint64_t sweepers = 0;
    for (const HeapWork& work : threads) {
      if (work.sweeps) ++sweepers;
      if (work.takes_span) {
        sum_.manual_bytes += largest(heap_.manual());
        sum_.released_bytes += std::max(largest(heap_.manual()), largest(heap_.in_use()));
      }
      if (work.grows) sum_.released_bytes += kArenaSize;
      if (work.scavenges) sum_.released_bytes += kMostScavenged;
    }
    // A sweeper says that a span is swept before it counts what it has freed there, so any span may be its last one.
    const std::uint64_t hidden = sweepers > in_sweep_ ? sweepers - in_sweep_ : 0;
    sum_.objects += hidden * most_swept_.objects;
    sum_.object_bytes += hidden * most_swept_.object_bytes;
  }

  const HeapModel& heap_;
  InFlight sum_;
  InFlight most_swept_;  // the most that was freed in one span
  std::uint64_t in_sweep_ = 0;
};

}  // namespace

HeapWork heap_work(const Stack& stack, const FunctionTables& functions) {
  HeapWork work;
  for (const StackFrame& frame : stack.frames) {
    const auto code = functions.function(frame.function);
    if (!code) continue;
    const std::string_view name = code->function.name;
    work.sweeps = work.sweeps || name == "runtime.(*sweepLocked).sweep";
    work.takes_span =
        work.takes_span || name == "runtime.(*mheap).allocSpan" || name == "runtime.(*mheap).freeSpanLocked";
    work.grows = work.grows || name == "runtime.(*mheap).grow";
    work.scavenges = work.scavenges || name == "runtime.(*pageAlloc).scavengeOne";
  }
  return work;
}

InFlight in_flight(const HeapModel& heap, std::span<const SpanCache> caches, std::span<const HeapWork> threads) {
  return Summing(heap).run(caches, threads);
}

bool count_may_lag(const HeapModel& heap, const MSpan& span, std::uint64_t objects) {
  const std::uint32_t h = heap.sweep_gen();
  if (span.sweep_gen == h - 1) return true;
  const bool held = span.sweep_gen == h + 1 || span.sweep_gen == h + 3;
  const bool is_new = span.size_class() == 0 && span.alloc_count == 0;
  return (held || is_new) && objects == std::uint64_t{span.alloc_count} + 1;
}

}  // namespace holdfast::go
