#include "go/object_scan.h"

#include <algorithm>
#include <cstring>

#include "base/architecture.h"

namespace holdfast::go {
namespace {

// Calls visit(first word of the span, words, address of the map's bytes for them) for every arena in which the span
// lies; the address is null if the arena has no record.
template <typename Visit>
void for_each_piece(const Runtime& runtime, const HeapModel& heap, const MSpan& span, const ArenaMap& map,
                    const Visit& visit) {
  const std::uint32_t field_at = runtime.layouts.offset("runtime.heapArena", map.field);
  const std::uint64_t span_words = span.bytes() / 8;
  for (std::uint64_t word = 0; word < span_words;) {
    const Address at = span.base + word * 8;
    const std::uint64_t in_arena = (at - arena_start(arena_index(at))) / 8;
    const std::uint64_t count = std::min(span_words - word, kArenaSize / 8 - in_arena);
    const Address arena = heap.arena_of(at);
    visit(word, count, arena ? arena + field_at + in_arena / map.words_per_byte : Address());
    word += count;
  }
}

}  // namespace

ObjectScan::ObjectScan(const Runtime& runtime, const HeapModel& heap, const PointerMasks& masks, LossLedger& losses)
    : runtime_(runtime), heap_(heap), masks_(masks), losses_(losses) {}

const PointerMask* ObjectScan::mask_of(Address type) const {
  if (type != last_type_ || last_mask_ == nullptr) {
    last_mask_ = masks_.of(type);
    last_type_ = type;
  }
  return last_mask_;
}

void ObjectScan::open(const MSpan& span) {
  slot_size_ = span.slot_size;
  bitmap_ = nullptr;
  large_type_ = Address();
  has_headers_ = false;
  load_bytes(span);
  switch (runtime_.version.pointer_maps()) {
    case PointerMaps::kTwoBitArena:
      open_two_bit(span);
      break;
    case PointerMaps::kOneBitArena:
      open_one_bit(span);
      break;
    case PointerMaps::kAllocHeader:
      open_headers(span);
      break;
  }
}

void ObjectScan::load_bytes(const MSpan& span) {
  bytes_ = runtime_.memory.try_view(span.base, span.bytes());
  if (bytes_ != nullptr) return;
  copy_.assign(span.bytes(), std::byte{0});
  std::uint64_t missing = 0;
  Address first;
  for (std::uint64_t at = 0; at < span.bytes(); at += kSystemPage) {
    if (runtime_.memory.try_read(span.base + at, std::span(copy_).subspan(at, kSystemPage))) continue;
    if (missing++ == 0) first = span.base + at;
  }
  if (missing > 0) losses_.add(LossKind::kUnreadablePage, first, missing);
  bytes_ = copy_.data();
}

void ObjectScan::open_headers(const MSpan& span) {
  if (span.size_class() == 0) {
    large_type_ = span.large_type;
    has_headers_ = !large_type_;
    // A large object without a type is under construction and holds nothing yet. An empty bitmap says so.
    if (!large_type_) {
      own_bitmap_.assign(span.bytes() / 8 / 64 + 1, 0);
      bitmap_ = own_bitmap_.data();
    }
    return;
  }
  if (span.slot_size > kMostInSpanMapBytes) {
    has_headers_ = true;
    return;
  }
  const std::uint64_t size = span.bytes() / 64;
  std::uint64_t at = span.bytes() - size;
  if (heap_.inline_marks(span)) at -= 128;
  own_bitmap_.assign(size / 8, 0);
  std::memcpy(own_bitmap_.data(), bytes_ + at, size);
  bitmap_ = own_bitmap_.data();
}

// Returns the bytes of a per-arena map for the words of the span.
std::vector<std::byte> ObjectScan::arena_bytes(const MSpan& span, const ArenaMap& map) {
  std::vector<std::byte> out(span.bytes() / 8 / map.words_per_byte);
  for_each_piece(runtime_, heap_, span, map, [&](std::uint64_t word, std::uint64_t count, Address from) {
    const auto to = std::span(out).subspan(word / map.words_per_byte, count / map.words_per_byte);
    if (!from || !runtime_.memory.try_read(from, to))
      losses_.add(LossKind::kUnreadablePointerMap, span.base + word * 8, count * 8 / kGoPage);
  });
  return out;
}

void ObjectScan::open_one_bit(const MSpan& span) {
  const auto bits = arena_bytes(span, kOneBitMap);
  own_bitmap_.assign(bits.size() / 8, 0);
  std::memcpy(own_bitmap_.data(), bits.data(), bits.size());
  bitmap_ = own_bitmap_.data();
  if (slot_size_ <= 64) return;
  // If a group of 64 words says that the object at its end has no more pointers, the bits behind it mean nothing.
  const auto no_more = arena_bytes(span, kNoMorePointersMap);
  const std::uint64_t slot_words = slot_size_ / 8;
  for (std::uint64_t slot = 0; slot < span.slots; ++slot) {
    const std::uint64_t begin = slot * slot_words;
    const std::uint64_t end = begin + slot_words;
    for (std::uint64_t group = begin / 64; (group + 1) * 64 < end; ++group) {
      if ((std::to_integer<unsigned>(no_more[group / 8]) >> (group % 8) & 1) == 0) continue;
      for (std::uint64_t word = (group + 1) * 64; word < end;) {
        const std::uint64_t step = std::min<std::uint64_t>(64 - word % 64, end - word);
        const std::uint64_t mask = step == 64 ? ~std::uint64_t{0} : ((std::uint64_t{1} << step) - 1) << (word % 64);
        own_bitmap_[word / 64] &= ~mask;
        word += step;
      }
      break;
    }
  }
}

void ObjectScan::open_two_bit(const MSpan& span) {
  // A byte holds four words: the lower bits mean "pointer", the upper ones ("scan") "more may follow".
  const auto bits = arena_bytes(span, kTwoBitMap);
  own_bitmap_.assign(span.bytes() / 8 / 64, 0);
  const std::uint64_t slot_words = slot_size_ / 8;
  for (std::uint64_t slot = 0; slot < span.slots; ++slot) {
    for (std::uint64_t word = slot * slot_words; word < (slot + 1) * slot_words; ++word) {
      const unsigned pair = std::to_integer<unsigned>(bits[word / 4]) >> (word % 4);
      if ((pair & 0x10) == 0) break;
      own_bitmap_[word / 64] |= std::uint64_t{pair & 1} << (word % 64);
    }
  }
  bitmap_ = own_bitmap_.data();
}

void add_arena_maps(const Runtime& runtime, const HeapModel& heap, const MSpan& span, std::vector<AddressRange>& out) {
  const auto add = [&](const ArenaMap& map) {
    for_each_piece(runtime, heap, span, map, [&](std::uint64_t, std::uint64_t count, Address from) {
      if (from) out.push_back({from, from + count / map.words_per_byte});
    });
  };
  switch (runtime.version.pointer_maps()) {
    case PointerMaps::kTwoBitArena:
      add(kTwoBitMap);
      break;
    case PointerMaps::kOneBitArena:
      add(kOneBitMap);
      add(kNoMorePointersMap);
      break;
    case PointerMaps::kAllocHeader:
      break;
  }
}

}  // namespace holdfast::go
