#include "capture/objects.h"

#include <algorithm>
#include <bit>

#include "base/parallel.h"
#include "go/in_flight.h"
#include "go/unready_slots.h"
#include "heap/object_index.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kParts = 64;
constexpr std::size_t kExamples = 16;  // addresses that are kept of something that should not be

// Appends bits to a vector of bits.
class BitWriter {
 public:
  BitWriter(HugeArray<std::uint64_t>& to, std::uint64_t at) : to_(to), at_(at) {}
  // Appends the low `count` bits (1..64) of `bits`; higher ones must be 0.
  void append(std::uint64_t bits, unsigned count) {
    const unsigned shift = at_ % 64;
    to_[at_ / 64] |= bits << shift;
    if (shift + count > 64) to_[at_ / 64 + 1] |= bits >> (64 - shift);
    at_ += count;
  }

 private:
  HugeArray<std::uint64_t>& to_;
  std::uint64_t at_;
};

// Returns the bits of `value` at the positions set in `mask`, moved together.
std::uint64_t gather(std::uint64_t value, std::uint64_t mask) {
  if (mask == ~std::uint64_t{0}) return value;
  std::uint64_t out = 0;
  for (unsigned n = 0; mask != 0; ++n, mask &= mask - 1) out |= (value >> std::countr_zero(mask) & 1) << n;
  return out;
}

heap::Span row_of(const go::HeapModel& heap, const go::MSpan& span) {
  heap::Span row;
  row.base = span.base;
  row.slot_size = span.slot_size;
  row.pages = static_cast<std::uint32_t>(span.pages);
  row.slots = span.slots;
  row.alloc_count = span.alloc_count;
  row.size_class = span.size_class();
  row.header = heap.header_bytes(span);
  row.has_pointers = span.has_pointers();
  row.user_arena = span.user_arena;
  return row;
}

// Moves the marks from slots to objects. Of a span without marks, neither is known.
void add_marks(const go::HeapModel& heap, const HugeArray<std::uint64_t>& marked_slots, heap::Snapshot& snapshot) {
  snapshot.marked = HugeArray<std::uint64_t>(snapshot.objects / 64 + 2);
  snapshot.fresh = HugeArray<std::uint64_t>(snapshot.objects / 64 + 2);
  for (std::size_t s = 0; s < snapshot.spans.size(); ++s) {
    const heap::Span& span = snapshot.spans[s];
    const go::MarkSource source = heap.mark_source(heap.in_use()[s]);
    BitWriter marks(snapshot.marked, span.first_object);
    BitWriter fresh(snapshot.fresh, span.first_object);
    for (std::uint32_t w = 0; w < (span.slots + 63) / 64; ++w) {
      const std::uint64_t allocated = snapshot.allocated[span.bits_at + w];
      if (allocated == 0) continue;
      const auto count = static_cast<unsigned>(std::popcount(allocated));
      const std::uint64_t bits = gather(marked_slots[span.bits_at + w], allocated);
      const std::uint64_t all = count == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
      marks.append(bits, count);
      // In a swept span, an allocated slot without a mark came after the collection; in an unswept one it is dead.
      fresh.append(span.has_marks && source == go::MarkSource::kAllocBits ? ~bits & all : 0, count);
    }
  }
}

// The runtime counts a slot as it is taken, ready or not.
UncountedSlots compare_counts(const go::HeapModel& heap, const std::vector<go::UnreadySlot>& unready,
                              heap::Snapshot& snapshot) {
  UncountedSlots uncounted;
  auto next = unready.begin();
  for (std::uint32_t s = 0; s < snapshot.spans.size(); ++s) {
    const heap::Span& span = snapshot.spans[s];
    std::uint64_t taken = span.objects;
    if (next != unready.end() && next->row == s) {
      ++taken;
      ++next;
      uncounted.add(1, span.slot_size);
    }
    if (taken == span.alloc_count) continue;
    if (go::count_may_lag(heap, heap.in_use()[s], taken)) {
      uncounted.add(std::max<std::uint64_t>(taken, span.alloc_count) - std::min<std::uint64_t>(taken, span.alloc_count),
                    span.slot_size);
      continue;
    }
    ++snapshot.audit.alloc_count_mismatches;
    if (snapshot.audit.mismatched_spans.size() < kExamples) snapshot.audit.mismatched_spans.push_back(span.base);
  }
  return uncounted;
}

}  // namespace

UncountedSlots add_objects(const go::Runtime& runtime, const go::HeapModel& heap, heap::Snapshot& snapshot,
                           LossLedger& losses) {
  const auto& spans = heap.in_use();
  snapshot.spans.reserve(spans.size());
  std::uint64_t words = 0;
  for (const go::MSpan& span : spans) {
    heap::Span row = row_of(heap, span);
    row.bits_at = static_cast<std::uint32_t>(words);
    words += (span.slots + 63) / 64;
    if (words > 0xffffffffU)
      fail(ErrorCode::kUnsupported, "the heap has more than {} slots; holdfast numbers objects with 32 bits",
           words * 64);
    snapshot.spans.push_back(row);
  }
  snapshot.allocated = HugeArray<std::uint64_t>(words);
  HugeArray<std::uint64_t> marked(words);
  for_each_part(spans.size(), kParts, [&](unsigned, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t s = begin; s < end; ++s) {
      const std::uint64_t at = snapshot.spans[s].bits_at;
      const bool read = heap.read_bits(spans[s], snapshot.allocated.data() + at, marked.data() + at, losses);
      snapshot.spans[s].has_marks = read && heap.mark_source(spans[s]) != go::MarkSource::kNone;
    }
  });
  // They become objects a moment later; of what they hold now nothing is true.
  const std::vector<go::UnreadySlot> unready = go::find_unready_slots(runtime, heap);
  for (const auto& [row, slot] : unready)
    for (HugeArray<std::uint64_t>* bits : {&snapshot.allocated, &marked})
      (*bits)[snapshot.spans[row].bits_at + slot / 64] &= ~(std::uint64_t{1} << (slot % 64));
  const heap::ObjectCounts counts = heap::number_objects(snapshot.spans, snapshot.allocated);
  snapshot.pointerful = counts.pointerful;
  snapshot.objects = counts.objects;
  add_marks(heap, marked, snapshot);
  return compare_counts(heap, unready, snapshot);
}

}  // namespace holdfast::capture
