// Finds the pointer words of heap objects, exactly those that the collector follows, in the three generations of
// pointer maps (reference 3; Go 1.19, 1.20-1.21, 1.22-1.27).
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "base/loss.h"
#include "go/heap_model.h"
#include "go/pointer_mask.h"

namespace holdfast::go {

// A map of the heap's words that lies in runtime.heapArena (Go 1.19-1.21).
struct ArenaMap {
  std::string_view field;
  std::uint64_t words_per_byte = 0;  // how many words of the heap a byte of the map stands for
};
constexpr ArenaMap kTwoBitMap{"bitmap", 4}, kOneBitMap{"bitmap", 8}, kNoMorePointersMap{"noMorePtrs", 512};

// Walks one span at a time. Each thread needs its own.
class ObjectScan {
 public:
  // All must outlive this.
  ObjectScan(const Runtime& runtime, const HeapModel& heap, const PointerMasks& masks, LossLedger& losses);

  // Makes `span` the current one. What cannot be read of it counts as zero, and as a loss.
  void open(const MSpan& span);

  // Calls emit(word, value) for every non-null pointer word of the slot in ascending order. `word` counts from the
  // start of the slot, in units of 8 bytes. The slot must be allocated.
  template <typename Emit>
  void scan(std::uint32_t slot, Emit&& emit) const {
    const std::uint64_t begin = std::uint64_t{slot} * slot_size_;
    if (bitmap_ != nullptr) {
      scan_bitmap(begin / 8, slot_size_ / 8, emit);
    } else {
      const Address type = large_type_ ? large_type_ : header_type(begin);
      if (!type) return;
      const PointerMask* mask = mask_of(type);
      if (mask != nullptr && mask->bits() > 0) scan_tiles(begin, large_type_ ? 0 : 8, *mask, emit);
    }
  }

  // Does the same for the words [first, end) of a large object whose type the span names.
  template <typename Emit>
  void scan_words(std::uint64_t first, std::uint64_t end, Emit&& emit) const {
    const PointerMask* mask = mask_of(large_type_);
    if (mask == nullptr || mask->bits() == 0) return;
    const std::uint64_t tile_words = mask->size / 8;
    if (tile_words == 1) {
      for (std::uint64_t word = first; word < end; ++word)
        if (const auto value = load_le<std::uint64_t>(bytes_ + word * 8); value != 0) emit(word, Address(value));
      return;
    }
    const auto within = [&](std::uint64_t word, Address value) {
      if (word >= first && word < end) emit(word, value);
    };
    for (std::uint64_t tile = first / tile_words * tile_words; tile < end; tile += tile_words)
      scan_tile(0, tile * 8, *mask, within);
  }

  // The bytes of the current span. They are valid until the next open().
  const std::byte* bytes() const { return bytes_; }
  // Returns the type that the slot's header (or the span) names; null if this kind of span has none.
  Address type_of(std::uint32_t slot) const {
    if (bitmap_ != nullptr) return {};
    return large_type_ ? large_type_ : header_type(std::uint64_t{slot} * slot_size_);
  }
  // Returns the bytes before the value itself: 8 if a header precedes it.
  std::uint64_t header_size() const { return bitmap_ == nullptr && !large_type_ && has_headers_ ? 8 : 0; }

 private:
  template <typename Emit>
  void scan_bitmap(std::uint64_t first, std::uint64_t count, Emit&& emit) const {
    const std::uint64_t end = first + count;
    for (std::uint64_t at = first; at < end;) {
      std::uint64_t bits = bitmap_[at / 64] >> (at % 64);
      const std::uint64_t step = std::min<std::uint64_t>(64 - at % 64, end - at);
      if (step < 64) bits &= (std::uint64_t{1} << step) - 1;
      while (bits != 0) {
        const auto bit = static_cast<std::uint64_t>(std::countr_zero(bits));
        bits &= bits - 1;
        const auto value = load_le<std::uint64_t>(bytes_ + (at + bit) * 8);
        if (value != 0) emit(at + bit - first, Address(value));
      }
      at += step;
    }
  }

  // Tiles the mask from the start of the value to the end of the slot; the tail behind the last element is zero.
  template <typename Emit>
  void scan_tiles(std::uint64_t begin, std::uint64_t header, const PointerMask& mask, Emit&& emit) const {
    for (std::uint64_t tile = begin + header; tile < begin + slot_size_; tile += mask.size)
      scan_tile(begin, tile, mask, emit);
  }

  // Scans one tile, in the slot at `begin`.
  template <typename Emit>
  void scan_tile(std::uint64_t begin, std::uint64_t tile, const PointerMask& mask, Emit&& emit) const {
    const std::uint64_t room = std::min(mask.bits(), (begin + slot_size_ - tile) / 8);
    for (std::uint64_t w = 0; w < room; w += 64) {
      std::uint64_t bits = mask.words[w / 64];
      if (room - w < 64) bits &= (std::uint64_t{1} << (room - w)) - 1;
      while (bits != 0) {
        const auto bit = static_cast<std::uint64_t>(std::countr_zero(bits));
        bits &= bits - 1;
        const std::uint64_t at = tile + (w + bit) * 8;
        const auto value = load_le<std::uint64_t>(bytes_ + at);
        if (value != 0) emit((at - begin) / 8, Address(value));
      }
    }
  }

  Address header_type(std::uint64_t begin) const { return Address(load_le<std::uint64_t>(bytes_ + begin)); }
  const PointerMask* mask_of(Address type) const;
  void load_bytes(const MSpan& span);
  void open_one_bit(const MSpan& span);
  void open_two_bit(const MSpan& span);
  void open_headers(const MSpan& span);
  std::vector<std::byte> arena_bytes(const MSpan& span, const ArenaMap& map);

  const Runtime& runtime_;
  const HeapModel& heap_;
  const PointerMasks& masks_;
  LossLedger& losses_;

  const std::byte* bytes_ = nullptr;
  const std::uint64_t* bitmap_ = nullptr;  // bit k = word k of the span; null if types tell
  std::uint64_t slot_size_ = 0;
  Address large_type_;
  bool has_headers_ = false;
  std::vector<std::byte> copy_;            // of a span that does not lie together in our memory
  std::vector<std::uint64_t> own_bitmap_;  // if the map has to be converted or is not aligned
  mutable Address last_type_;
  mutable const PointerMask* last_mask_ = nullptr;
};

// Adds the memory beside the heap that holds the span's pointer maps, arena by arena (Go 1.19-1.21).
void add_arena_maps(const Runtime& runtime, const HeapModel& heap, const MSpan& span, std::vector<AddressRange>& out);

}  // namespace holdfast::go
