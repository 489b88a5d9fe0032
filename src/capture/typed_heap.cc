#include "capture/typed_heap.h"

namespace holdfast::capture {

TypedHeap::TypedHeap(const go::Runtime& runtime, const heap::ObjectIndex& index, const heap::Snapshot& snapshot)
    : runtime_(runtime), index_(index), snapshot_(snapshot), views_(snapshot.spans.size()) {
  for (std::size_t s = 0; s < views_.size(); ++s) {
    const heap::Span& span = snapshot.spans[s];
    views_[s].header = span.header;
    views_[s].too_small = room_of_smaller(span);
    if (span.has_pointers) views_[s].data = runtime.memory.try_view(span.base, span.bytes());
  }
}

std::uint64_t TypedHeap::room_of_smaller(const heap::Span& span) const {
  constexpr std::uint8_t kTinyClass = 2;  // 16 bytes: several pointer-free values of less than 16 bytes share one
  if (span.size_class == 0) return span.slot_size > go::kPageSize ? span.slot_size - go::kPageSize : 0;
  if (span.size_class == 1 || (span.size_class == kTinyClass && !span.has_pointers)) return 0;
  const std::uint64_t smaller = go::size_of_class(span.size_class - 1U);
  const bool headers = runtime_.version.pointer_maps() == go::PointerMaps::kAllocHeader;
  return headers && span.has_pointers && smaller > go::kMostInSpanMapBytes ? smaller - 8 : smaller;
}

void TypedHeap::find(std::span<const Address> addresses, std::span<Place> places) const {
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    places[i] = {};
    const auto hit = index_.find(addresses[i]);
    if (!hit || !hit->allocated) continue;
    const SpanView& view = views_[hit->span.row];
    places[i] = {hit->object.row, hit->offset_in_slot - view.header,
                 snapshot_.spans[hit->span.row].slot_size - view.header, view.too_small};
  }
}

void TypedHeap::read(std::span<const std::uint32_t> rows, std::span<Object> objects) const {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const SpanId id = index_.find_span(ObjectId(rows[i]));
    const heap::Span& span = snapshot_.spans[id.row];
    const SpanView& view = views_[id.row];
    objects[i] = {};
    if (view.data == nullptr) continue;
    const std::uint64_t at = std::uint64_t{index_.slot_of(ObjectId(rows[i]))} * span.slot_size;
    objects[i] = {view.data + at + view.header, span.slot_size - view.header};
  }
}

}  // namespace holdfast::capture
