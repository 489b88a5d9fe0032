#include "graph/object_sizes.h"

#include <bit>

#include "base/error.h"

namespace holdfast::graph {
namespace {

void append(std::vector<ObjectRun>& runs, const heap::Span& span) {
  if (span.objects == 0) return;
  const std::uint32_t next = runs.empty() ? 0 : runs.back().end;
  if (span.first_object != next || span.slot_size % 8 != 0)
    fail(ErrorCode::kDamaged, "span at {:#x}: first object {} where {} comes next, slots of {} bytes", span.base.value,
         span.first_object, next, span.slot_size);
  if (!runs.empty() && runs.back().slot_size == span.slot_size)
    runs.back().end += span.objects;
  else
    runs.push_back({next, next + span.objects, span.slot_size});
}

// Counts the set bits in [begin, end).
std::uint64_t count_bits(const HugeArray<std::uint64_t>& bits, std::uint64_t begin, std::uint64_t end) {
  std::uint64_t count = 0;
  while (begin < end) {
    const std::uint64_t in_word = std::min(end, (begin / 64 + 1) * 64) - begin;
    const std::uint64_t mask = ~std::uint64_t{0} >> (64 - in_word) << (begin % 64);
    count += static_cast<std::uint64_t>(std::popcount(bits[begin / 64] & mask));
    begin += in_word;
  }
  return count;
}

}  // namespace

ObjectSizes::ObjectSizes(const heap::Snapshot& snapshot) {
  for (const bool with_pointers : {true, false}) {
    for (const heap::Span& span : snapshot.spans)
      if (span.has_pointers == with_pointers) append(runs_, span);
    const std::uint32_t numbered = runs_.empty() ? 0 : runs_.back().end;
    const std::uint32_t expected = with_pointers ? snapshot.pointerful : snapshot.objects;
    if (numbered != expected)
      fail(ErrorCode::kDamaged, "spans number {} objects{}, the snapshot has {}", numbered,
           with_pointers ? " that can hold pointers" : "", expected);
  }
  runs_.shrink_to_fit();
  add_sample();
}

void ObjectSizes::add_sample() {
  std::uint32_t run = 0;
  const std::uint64_t rows = runs_.empty() ? 0 : runs_.back().end;
  for (std::uint64_t row = 0; row < rows; row += std::uint64_t{1} << kSampleBits) {
    while (runs_[run].end <= row) ++run;
    sample_.push_back(run);
  }
  if (!runs_.empty()) sample_.push_back(static_cast<std::uint32_t>(runs_.size() - 1));
}

std::uint64_t ObjectSizes::total_bytes() const {
  std::uint64_t bytes = 0;
  for (const ObjectRun& run : runs_) bytes += (run.end - run.first) * run.slot_size;
  return bytes;
}

ObjectTotals ObjectSizes::totals_of(const HugeArray<std::uint64_t>& bits) const {
  ObjectTotals totals;
  for (const ObjectRun& run : runs_) {
    const std::uint64_t count = count_bits(bits, run.first, run.end);
    totals.objects += count;
    totals.bytes += count * run.slot_size;
  }
  return totals;
}

}  // namespace holdfast::graph
