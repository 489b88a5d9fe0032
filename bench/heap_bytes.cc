#include "heap_bytes.h"

#include <algorithm>

#include "base/error.h"

namespace holdfast::bench {
namespace {

constexpr std::uint64_t kArena = 0xc000000000;
constexpr std::uint64_t kPage = 8192;

}  // namespace

std::uint64_t HeapBytes::address_of(std::uint32_t object, const SpanPlace& place) const {
  return kArena + place.first_page * kPage + std::uint64_t{object - place.first_object} * place.slot_size;
}

HeapBytes::HeapBytes(const heap::Snapshot& snapshot) {
  std::uint32_t pages = 0;
  std::uint32_t pointerful_pages = 0;
  for (const bool with_pointers : {true, false}) {
    for (const heap::Span& span : snapshot.spans) {
      if (span.has_pointers != with_pointers) continue;
      const auto size = static_cast<std::uint32_t>(span.slot_size);
      places_.push_back({pages, span.first_object, size, ~0U / size + 1, span.objects, with_pointers});
      pages += span.pages;
    }
    if (with_pointers) pointerful_pages = pages;
  }
  span_of_page_ = HugeArray<std::uint32_t>(pages);
  HugeArray<std::uint32_t> span_of_object(snapshot.objects);
  for (std::uint32_t i = 0; i < places_.size(); ++i) {
    const std::uint32_t end = i + 1 < places_.size() ? places_[i + 1].first_page : pages;
    std::fill(&span_of_page_[places_[i].first_page], span_of_page_.data() + end, i);
    std::fill_n(&span_of_object[places_[i].first_object], places_[i].objects, i);
  }
  words_ = HugeArray<std::uint64_t>(pointerful_pages * (kPage / 8));
  std::vector<std::uint32_t> waiting;  // targets for which an object had no room
  for (std::uint32_t row = 0; row < snapshot.pointerful; ++row) {
    const SpanPlace& place = places_[span_of_object[row]];
    for (std::uint32_t e = snapshot.edges.row_begin[row]; e < snapshot.edges.row_begin[row + 1]; ++e)
      waiting.push_back(snapshot.edges.target[e]);
    std::uint64_t word = (address_of(row, place) - kArena) / 8;
    for (std::uint32_t room = place.slot_size / 8; room > 0 && !waiting.empty(); --room) {
      words_[word++] = address_of(waiting.back(), places_[span_of_object[waiting.back()]]);
      waiting.pop_back();
      ++edges_;
    }
  }
}

std::uint64_t HeapBytes::scan(HugeArray<std::uint32_t>& row_begin, HugeArray<std::uint32_t>& target) const {
  const std::uint64_t arena_bytes = span_of_page_.size() * kPage;
  std::uint32_t edges = 0;
  std::uint32_t row = 0;
  for (const SpanPlace& place : places_) {
    if (!place.has_pointers) break;
    const std::uint64_t* word = &words_[place.first_page * (kPage / 8)];
    for (std::uint32_t i = 0; i < place.objects; ++i) {
      row_begin[row++] = edges;
      for (const std::uint64_t* const end = word + place.slot_size / 8; word < end; ++word) {
        const std::uint64_t offset = *word - kArena;
        if (offset >= arena_bytes) continue;
        const SpanPlace& there = places_[span_of_page_[offset / kPage]];
        const std::uint64_t inside = offset - there.first_page * kPage;
        target[edges++] = there.first_object + static_cast<std::uint32_t>(inside * there.magic >> 32);
      }
    }
  }
  row_begin[row] = edges;
  return edges;
}

}  // namespace holdfast::bench
