#include "capture/span_records.h"

#include <algorithm>
#include <unordered_map>

#include "go/cache_record.h"

namespace holdfast::capture {
namespace {

heap::SweepState sweep_of(const go::HeapModel& heap, const go::MSpan& span) {
  const std::uint32_t h = heap.sweep_gen();
  if (span.sweep_gen == h || span.sweep_gen == h + 3) return heap::SweepState::kSwept;
  if (span.sweep_gen == h - 2 || span.sweep_gen == h + 1) return heap::SweepState::kWaits;
  return span.sweep_gen == h - 1 ? heap::SweepState::kBeingSwept : heap::SweepState::kUnknown;
}

// All Ps have the same span, which is none, for the classes that they have not asked for yet: it is not in the table.
std::unordered_map<Address, std::uint32_t> processor_of_spans(const go::Runtime& runtime,
                                                              std::span<const go::Processor> processors) {
  const go::CacheFields fields(runtime.layouts);
  std::unordered_map<Address, std::uint32_t> found;
  for (const go::Processor& processor : processors) {
    const auto spans = processor.mcache ? fields.try_read_spans(runtime.memory, processor.mcache) : std::nullopt;
    if (!spans) continue;
    for (const Address span : *spans)
      if (span) found.emplace(span, processor.id);
  }
  return found;
}

}  // namespace

void add_span_records(const go::Runtime& runtime, const go::HeapModel& heap, std::span<const go::Processor> processors,
                      heap::Snapshot& snapshot) {
  const auto owners = processor_of_spans(runtime, processors);
  snapshot.span_records.reserve(heap.in_use().size());
  for (const go::MSpan& span : heap.in_use()) {
    heap::SpanRecord record;
    record.free_index = std::min(span.free_index, span.slots);
    record.sweep = sweep_of(heap, span);
    if (const auto owner = owners.find(span.mspan); owner != owners.end()) record.processor = owner->second;
    snapshot.span_records.push_back(record);
  }
}

}  // namespace holdfast::capture
