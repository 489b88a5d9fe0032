#include "heap/object_index.h"

#include <algorithm>
#include <limits>

#include "base/architecture.h"
#include "base/error.h"

namespace holdfast::heap {
namespace {

constexpr std::uint64_t kMagicLimit = 4ULL << 30;  // up to this many bytes in a span the multiplication is exact

std::uint64_t words_of(const Span& span) {
  return (std::uint64_t{span.slots} + 63) / 64;
}

// Returns the position of the n-th set bit.
std::uint32_t nth_bit(std::uint64_t bits, std::uint32_t n) {
  for (; n > 0; --n) bits &= bits - 1;
  return static_cast<std::uint32_t>(std::countr_zero(bits));
}

}  // namespace

ObjectCounts number_objects(std::span<Span> spans, const HugeArray<std::uint64_t>& allocated) {
  std::uint64_t next = 0;
  std::uint64_t pointerful = 0;
  for (const bool with_pointers : {true, false}) {
    for (Span& span : spans) {
      if (span.has_pointers != with_pointers) continue;
      HOLDFAST_CHECK(span.bits_at + words_of(span) <= allocated.size());
      std::uint64_t count = 0;
      for (std::uint64_t w = 0; w < words_of(span); ++w)
        count += static_cast<unsigned>(std::popcount(allocated[span.bits_at + w]));
      span.first_object = static_cast<std::uint32_t>(next);
      span.objects = static_cast<std::uint32_t>(count);
      next += count;
      if (next >= std::numeric_limits<std::uint32_t>::max())
        fail(ErrorCode::kUnsupported, "the heap has more than {} objects; holdfast numbers them with 32 bits", next);
    }
    if (with_pointers) pointerful = next;
  }
  return {static_cast<std::uint32_t>(pointerful), static_cast<std::uint32_t>(next)};
}

ObjectIndex::ObjectIndex(std::span<const Span> spans, const HugeArray<std::uint64_t>& allocated)
    : spans_(spans), allocated_(allocated.span()) {
  check_spans();
  add_entries();
  add_pages();
  add_order();
}

void ObjectIndex::check_spans() const {
  Address end;
  for (std::size_t s = 0; s < spans_.size(); ++s) {
    const Span& span = spans_[s];
    const std::uint64_t base = span.base.value;
    const auto refuse = [&](const char* why) {
      fail(ErrorCode::kDamaged, "span {} at {:#x}, {} slots of {} bytes in {} pages: {}", s, base, span.slots,
           span.slot_size, span.pages, why);
    };
    if (base >> kArchitecture.address_bits != 0 || (base + span.bytes()) > std::uint64_t{1}
                                                                               << kArchitecture.address_bits)
      refuse("lies outside of the address space");
    if (base % (std::uint64_t{1} << kPageBits) != 0) refuse("does not begin at a page");
    if (span.base < end) refuse("begins within the span before it");
    if (span.slot_size == 0 || span.slot_size % 8 != 0) refuse("has slots that are not made of words");
    if (span.slots > 0 && span.slot_size > span.bytes() / span.slots) refuse("has less room than its slots need");
    if (span.slots > 1 && span.bytes() > kMagicLimit) refuse("is too large for more than one slot");
    if (span.bits_at + words_of(span) > allocated_.size()) refuse("has no allocation bits");
    end = span.base + span.bytes();
  }
}

void ObjectIndex::add_entries() {
  entries_ = HugeArray<Entry>(spans_.size());
  rank_ = HugeArray<std::uint32_t>(allocated_.size());
  for (std::size_t s = 0; s < spans_.size(); ++s) {
    const Span& span = spans_[s];
    Entry& entry = entries_[s];
    entry.base = span.base;
    entry.slots = span.slots;
    entry.first_object = span.first_object;
    if (span.slots > 0 && span.bytes() <= kMagicLimit) entry.magic = ~std::uint64_t{0} / span.slot_size + 1;
    if (span.objects == span.slots) {
      entry.bits_at = kFull;
      continue;
    }
    entry.bits_at = span.bits_at;
    std::uint32_t next = span.first_object;
    for (std::uint64_t w = span.bits_at; w < span.bits_at + words_of(span); ++w) {
      rank_[w] = next;
      next += static_cast<std::uint32_t>(std::popcount(allocated_[w]));
    }
  }
}

void ObjectIndex::add_pages() {
  if (spans_.empty()) return;
  first_arena_ = spans_.front().base.value >> kArenaBits;
  const Address end_of_spans = spans_.back().base + spans_.back().bytes();
  const std::uint64_t end_arena = (end_of_spans.value >> kArenaBits) + 1;
  arena_block_ = HugeArray<std::uint32_t>(end_arena - first_arena_);
  const auto for_each_arena = [&](const auto& visit) {
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      const std::uint64_t begin = spans_[s].base.value >> kPageBits;
      const std::uint64_t end = begin + spans_[s].pages;
      for (std::uint64_t page = begin; page < end;) {
        const std::uint64_t arena = page / kPagesPerArena;
        const std::uint64_t stop = std::min(end, (arena + 1) * kPagesPerArena);
        visit(static_cast<std::uint32_t>(s), arena - first_arena_, page, stop);
        page = stop;
      }
    }
  };
  // Arenas that one span fills share a block, so the table stays small however large objects are.
  std::uint32_t blocks = 1;
  std::uint32_t last = static_cast<std::uint32_t>(spans_.size());
  for_each_arena([&](std::uint32_t span, std::uint64_t arena, std::uint64_t begin, std::uint64_t end) {
    const bool whole = end - begin == kPagesPerArena;
    if (whole && last == span) {
      arena_block_[arena] = arena_block_[arena - 1];
    } else if (arena_block_[arena] == 0) {
      arena_block_[arena] = blocks++;
    }
    last = whole ? span : static_cast<std::uint32_t>(spans_.size());
  });
  page_span_ = HugeArray<std::uint32_t>(blocks * kPagesPerArena);
  for_each_arena([&](std::uint32_t span, std::uint64_t arena, std::uint64_t begin, std::uint64_t end) {
    std::uint32_t* const block = page_span_.data() + arena_block_[arena] * kPagesPerArena;
    if (block[begin % kPagesPerArena] == span + 1) return;
    std::fill_n(block + begin % kPagesPerArena, end - begin, span + 1);
  });
}

void ObjectIndex::add_order() {
  std::uint64_t objects = 0;
  for (const bool with_pointers : {true, false}) {
    for (std::size_t s = 0; s < spans_.size(); ++s) {
      const Span& span = spans_[s];
      if (span.has_pointers != with_pointers || span.objects == 0) continue;
      if (span.first_object != objects)
        fail(ErrorCode::kDamaged, "span {} at {:#x} begins with object {} instead of {}", s, span.base.value,
             span.first_object, objects);
      objects += span.objects;
      order_.push_back(static_cast<std::uint32_t>(s));
      while (sample_.size() * kSampleEvery < objects) sample_.push_back(static_cast<std::uint32_t>(order_.size() - 1));
    }
  }
}

std::optional<ObjectIndex::Hit> ObjectIndex::find(Address address) const {
  const Entry* entry = entry_of(address);
  if (entry == nullptr) return std::nullopt;
  const std::uint64_t slot = entry->slot_of(address);
  const std::uint64_t row = static_cast<std::uint64_t>(entry - entries_.data());
  if (slot >= entry->slots) return std::nullopt;
  const ObjectId object = find_object(address);
  return Hit{object, SpanId(static_cast<std::uint32_t>(row)), static_cast<std::uint32_t>(slot),
             static_cast<bool>(object)};
}

SpanId ObjectIndex::find_span(ObjectId object) const {
  HOLDFAST_CHECK(object.row / kSampleEvery < sample_.size());
  std::size_t at = sample_[object.row / kSampleEvery];
  while (object.row - spans_[order_[at]].first_object >= spans_[order_[at]].objects) {
    ++at;
    HOLDFAST_CHECK(at < order_.size());
  }
  return SpanId(order_[at]);
}

std::uint32_t ObjectIndex::slot_of(ObjectId object) const {
  const Entry& entry = entries_[find_span(object).row];
  if (entry.full()) return object.row - entry.first_object;
  std::uint64_t word = entry.bits_at;
  const std::uint64_t end = word + (std::uint64_t{entry.slots} + 63) / 64;
  while (word + 1 < end && rank_[word + 1] <= object.row) ++word;
  const std::uint64_t slot = (word - entry.bits_at) * 64 + nth_bit(allocated_[word], object.row - rank_[word]);
  return static_cast<std::uint32_t>(slot);
}

Address ObjectIndex::address_of(ObjectId object) const {
  const Span& span = spans_[find_span(object).row];
  return span.base + slot_of(object) * span.slot_size;
}

}  // namespace holdfast::heap
