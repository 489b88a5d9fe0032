// How much of an object lies in a range of memory, such as a range of Snapshot::absent. The cost depends on the slots
// that lie in the range, so it is nothing where all memory is resident. Nothing throws.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/address.h"
#include "base/huge_array.h"
#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

// Calls visit(ObjectId, bytes) for each object of the span that has at least one byte in the range, in order. The span
// must be numbered; `allocated` is Snapshot::allocated.
template <typename Visit>
void for_each_object_in(const Span& span, const HugeArray<std::uint64_t>& allocated, const AddressRange& range,
                        Visit&& visit) {
  const AddressRange slots{span.base, span.base + span.slots * span.slot_size};
  const AddressRange part{std::max(slots.begin, range.begin), std::min(slots.end, range.end)};
  if (part.empty()) return;
  const std::uint64_t first = (part.begin - span.base) / span.slot_size;
  const std::uint64_t last = (part.end - span.base - 1) / span.slot_size;
  std::uint32_t object = span.first_object;
  for (std::uint64_t word = 0; word <= last / 64; ++word) {
    std::uint64_t bits = allocated[span.bits_at + word];
    if (word < first / 64) {
      object += static_cast<std::uint32_t>(std::popcount(bits));
      continue;
    }
    for (; bits != 0; bits &= bits - 1, ++object) {
      const std::uint64_t slot = word * 64 + static_cast<unsigned>(std::countr_zero(bits));
      if (slot < first) continue;
      if (slot > last) return;
      const Address at = span.base + slot * span.slot_size;
      visit(ObjectId(object), std::min(part.end, at + span.slot_size) - std::max(part.begin, at));
    }
  }
}

// Calls visit(ObjectId, bytes) with what is not in memory of each object, several times if several ranges touch it.
template <typename Visit>
void for_each_absent_object(const Snapshot& snapshot, Visit&& visit) {
  auto span = snapshot.spans.begin();
  for (const AddressRange& range : snapshot.absent) {
    while (span != snapshot.spans.end() && span->base + span->bytes() <= range.begin) ++span;
    for (auto it = span; it != snapshot.spans.end() && it->base < range.end; ++it)
      for_each_object_in(*it, snapshot.allocated, range, visit);
  }
}

}  // namespace holdfast::heap
