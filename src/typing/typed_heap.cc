#include "typing/typed_heap.h"

#include <algorithm>

#include "heap/huge_object.h"

namespace holdfast::typing {
namespace {

constexpr std::uint64_t kNoSpan = ~std::uint64_t{0};

}  // namespace

TypedHeap::TypedHeap(const go::Runtime& runtime, const heap::ObjectIndex& index, const heap::Snapshot& snapshot)
    : runtime_(runtime), index_(index), snapshot_(snapshot), views_(snapshot.spans.size()) {
  for (std::size_t s = 0; s < views_.size(); ++s) {
    const heap::Span& span = snapshot.spans[s];
    views_[s].base = span.base;
    views_[s].slot_size = span.slot_size;
    views_[s].header = span.header;
    views_[s].more_than_smaller = static_cast<std::uint32_t>(span.slot_size - span.header - room_of_smaller(span));
    views_[s].has_dead = has_dead(span);
    if (span.has_pointers) views_[s].data = runtime.memory.try_view(span.base, span.bytes());
  }
}

std::uint64_t TypedHeap::room_of_smaller(const heap::Span& span) const {
  constexpr std::uint8_t kTinyClass = 2;  // 16 bytes: several pointer-free values of less than 16 bytes share one
  if (span.size_class == 0) return span.slot_size > kGoPage ? span.slot_size - kGoPage : 0;
  if (span.size_class == 1 || (span.size_class == kTinyClass && !span.has_pointers)) return 0;
  const std::uint64_t smaller = go::size_of_class(span.size_class - 1U);
  const bool headers = runtime_.version.pointer_maps() == go::PointerMaps::kAllocHeader;
  return headers && span.has_pointers && smaller > go::kMostInSpanMapBytes ? smaller - 8 : smaller;
}

bool TypedHeap::has_dead(const heap::Span& span) const {
  if (!span.has_marks) return false;
  for (std::uint32_t i = 0; i < span.objects; ++i)
    if (is_dead(span.first_object + i)) return true;
  return false;
}

// Whether the last mark found the object dead. If marks are known, a swept span has no object that is neither marked
// nor fresh.
bool TypedHeap::is_dead(std::uint32_t row) const {
  return !heap::test_bit(snapshot_.marked, row) && !heap::test_bit(snapshot_.fresh, row);
}

void TypedHeap::find(std::span<const Address> addresses, std::span<Location> locations) const {
  // Asks for the records of all spans first: without locality each would be waited for.
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const SpanId span = index_.find_page(addresses[i]);
    locations[i] = {};
    locations[i].bytes = span ? span.row : kNoSpan;
    if (!span) continue;
    index_.fetch(span);
    __builtin_prefetch(&views_[span.row]);
  }
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    if (locations[i].bytes == kNoSpan) continue;
    const SpanId span(static_cast<std::uint32_t>(locations[i].bytes));
    const heap::ObjectIndex::NumberedSlot slot = index_.find_slot(span, addresses[i]);
    const SpanView& view = views_[span.row];
    if (!slot.object || (view.has_dead && is_dead(slot.object.row))) continue;
    const std::uint64_t offset = addresses[i] - view.base - slot.number * view.slot_size;
    const std::uint64_t bytes = view.slot_size - view.header;
    locations[i] = {slot.object.row, offset - view.header, bytes, bytes - view.more_than_smaller};
  }
}

void TypedHeap::read(std::span<const std::uint32_t> rows, std::span<Object> objects) const {
  SpanId id;
  std::uint32_t first = 0;  // of the span's objects
  std::uint32_t count = 0;
  bool full = false;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] - first >= count) {  // rows mostly ascend: neighbours share a span
      id = index_.find_span(ObjectId(rows[i]));
      const heap::Span& span = snapshot_.spans[id.row];
      first = span.first_object;
      count = span.objects;
      full = span.objects == span.slots;
    }
    const SpanView& view = views_[id.row];
    objects[i] = {};
    if (view.data == nullptr || (view.has_dead && is_dead(rows[i]))) continue;
    const std::uint64_t slot = full ? rows[i] - first : index_.slot_of(ObjectId(rows[i]));
    const std::uint64_t bytes = view.slot_size - view.header;
    objects[i] = {view.data + slot * view.slot_size + view.header, bytes, bytes - view.more_than_smaller};
  }
}

const std::byte* TypedHeap::variable(Address at, std::uint64_t bytes) const {
  for (const go::Module& module : runtime_.modules)
    for (const AddressRange& section : {module.data, module.bss})
      if (section.contains(at) && bytes <= section.end - at) return runtime_.memory.try_view(at, bytes);
  return nullptr;
}

bool TypedHeap::visit_references(std::uint32_t row, const std::function<void(std::uint64_t offset)>& visit) const {
  const heap::Span& span = snapshot_.spans[index_.find_span(ObjectId(row)).row];
  if (span.slot_size < heap::kHugeObject) return false;
  constexpr std::uint8_t kLongStep = 255;
  const heap::Edges& edges = snapshot_.edges;
  auto long_step = std::lower_bound(edges.long_steps.begin(), edges.long_steps.end(), edges.row_begin[row],
                                    [](const auto& entry, std::uint32_t edge) { return entry.first < edge; });
  std::uint64_t word = 0;
  for (const std::uint32_t edge : edges.of(row)) {
    word += edges.step[edge] == kLongStep ? (long_step++)->second : edges.step[edge];
    visit(word * 8 - span.header);
  }
  return true;
}

}  // namespace holdfast::typing
