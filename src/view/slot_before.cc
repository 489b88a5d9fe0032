#include "view/slot_before.h"

#include <algorithm>

#include "view/span_table.h"

namespace holdfast::view {

SlotBefore slot_before(const EarlierLook& look, Address address) {
  SlotBefore out;
  const graph::SlotPicture& slots = look.picture.slots;
  const auto behind = std::ranges::upper_bound(slots.spans, address, {}, &heap::Span::base);
  if (behind == slots.spans.begin()) return out;
  const heap::Span& span = behind[-1];
  if (address - span.base >= span.bytes() || span.slot_size == 0) return out;
  const std::uint64_t slot = (address - span.base) / span.slot_size;
  out.what = SlotThen::kFree;
  out.begin = span.base + slot * span.slot_size;
  out.bytes = span.slot_size;
  if (slot >= span.slots || !heap::test_bit(slots.allocated, 64 * std::uint64_t{span.bits_at} + slot)) return out;
  const std::uint64_t row = span.first_object + count_bits(slots.allocated, 64 * std::uint64_t{span.bits_at}, slot);
  out.what = SlotThen::kObject;
  out.live = heap::test_bit(slots.live, row);
  if (const heap::ObjectType type = slots.object_type[row]) {
    const bool is_part = type.known_by() == heap::KnownBy::kPart;
    out.type = look.numbers.names()[(is_part ? look.picture.part : look.picture.whole)[type.type().row]];
  }
  return out;
}

}  // namespace holdfast::view
