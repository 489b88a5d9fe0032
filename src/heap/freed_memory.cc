#include "heap/freed_memory.h"

#include <algorithm>

namespace holdfast::heap {

FreedMemory::FreedMemory(const ObjectIndex& index, const Snapshot& snapshot) : index_(index), snapshot_(snapshot) {
  for (const Mapping& mapping : snapshot.mappings)
    if (mapping.use == MappingUse::kGoHeap) heap_.push_back(mapping.range);
  for (const Goroutine& goroutine : snapshot.goroutines) stacks_.push_back(goroutine.stack);
  std::ranges::sort(stacks_, {}, &AddressRange::begin);
  if (!snapshot.spans.empty())
    hull_ = {snapshot.spans.front().base, snapshot.spans.back().base + snapshot.spans.back().bytes()};
  if (heap_.empty()) return;
  if (hull_.empty()) hull_ = heap_.front();
  hull_ = {std::min(hull_.begin, heap_.front().begin), std::max(hull_.end, heap_.back().end)};
}

bool FreedMemory::lies_in(const std::vector<AddressRange>& ranges, Address value) {
  const auto it = std::ranges::partition_point(ranges, [&](const AddressRange& range) { return range.end <= value; });
  return it != ranges.end() && it->contains(value);
}

}  // namespace holdfast::heap
