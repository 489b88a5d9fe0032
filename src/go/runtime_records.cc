#include "go/runtime_records.h"

#include <unordered_set>

#include "base/architecture.h"
#include "base/ranges.h"
#include "go/page_allocator.h"
#include "go/processors.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kRecordChunk = 256 << 10;  // persistentChunkSize, Go 1.19-1.27

class RecordCollector {
 public:
  explicit RecordCollector(const Runtime& runtime) : runtime_(runtime) {}

  void add(Address at, std::uint64_t bytes) {
    if (at && bytes > 0) ranges_.push_back({at, at + bytes});
  }
  // Adds the system's page on which `at` lies. Spans made at one time lie together, so one of them stands for all.
  void add_page(Address at) {
    const Address page(at.value / kSystemPage * kSystemPage);
    if (!at || page == last_page_) return;
    add(page, kSystemPage);
    last_page_ = page;
  }
  void add_arena_records(const HeapModel& heap) {
    const std::uint64_t size = runtime_.layouts.get_size("runtime.heapArena");
    for (const AddressRange& range : heap.arena_ranges())
      for (Address at = range.begin; at < range.end; at += kArenaSize) add(heap.arena_of(at), size);
  }
  void add_spans(const HeapModel& heap) {
    for (const auto* spans : {&heap.in_use(), &heap.manual()})
      for (const MSpan& span : *spans) add_page(span.mspan);
    for (const MSpan& span : heap.in_use()) add_page(span.alloc_bits);
    for (const MSpan& span : heap.in_use()) add_page(span.mark_bits);
  }
  void add(const std::vector<AddressRange>& more) { ranges_.insert(ranges_.end(), more.begin(), more.end()); }
  std::vector<AddressRange> take() { return joined(std::move(ranges_)); }

 private:
  const Runtime& runtime_;
  std::vector<AddressRange> ranges_;
  Address last_page_;
};

}  // namespace

RuntimeRecords find_runtime_records(const Runtime& runtime, const HeapModel& heap) {
  RuntimeRecords records;
  if (const Address table = heap.arena_table())
    records.arena_table = {table, table + kArchitecture.most_arenas() * kWord};
  RecordCollector collector(runtime);
  collector.add(records.arena_table.begin, records.arena_table.size());
  collector.add({heap.span_list_room()});
  collector.add(page_allocator_memory(runtime));
  collector.add_arena_records(heap);
  collector.add_spans(heap);
  records.ranges = collector.take();
  return records;
}

std::vector<AddressRange> record_chunks(const Runtime& runtime) {
  std::vector<AddressRange> chunks;
  std::unordered_set<Address> seen;
  for (const Processor& processor : read_processors(runtime)) {
    Address chunk = processor.record_chunk;
    while (chunk && chunk.value % kSystemPage == 0 && seen.insert(chunk).second) {
      chunks.push_back({chunk, chunk + kRecordChunk});
      chunk = runtime.memory.try_pointer(chunk).value_or(Address());
    }
  }
  return joined(std::move(chunks));
}

}  // namespace holdfast::go
