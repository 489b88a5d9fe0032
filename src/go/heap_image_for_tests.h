// For tests: a Go heap of one arena, built by hand in the process of a StackImage. It has spans of small slots, objects
// with pointers between them, and marks, in the layouts and with the pointer maps of any release from 1.19 to 1.27.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "go/heap_model.h"
#include "go/stack_image_for_tests.h"

namespace holdfast::go {

class HeapImage {
 public:
  static constexpr Address kMheap{0x10000000};
  static constexpr Address kArenaTable{0x30000000};
  static constexpr Address kArenaRecord{0x40000000};
  static constexpr Address kLists{0x50000000};  // the lists of arenas, spans, processors
  static constexpr Address kSpans{0x60000000};  // records of spans
  static constexpr Address kBits{0x70000000};   // allocation and mark bits
  static constexpr Address kHeap{0xc000400000};
  static constexpr std::uint32_t kSweepGen = 10;
  static constexpr unsigned kMostSpans = 32;

  // `image` must outlive this. Make it before image.runtime() is asked for.
  explicit HeapImage(StackImage& image) : image_(image) {
    image.map(kMheap, 0x20000);
    const Address arena = kArenaTable + arena_index(kHeap) * 8;
    image.map(Address(arena.value & ~std::uint64_t{0xfff}), 0x1000);
    image.map(kArenaRecord, image.layouts->get_size("runtime.heapArena"));
    image.map(kLists, 0x1000);
    image.map(kSpans, kMostSpans * kRecord);
    image.map(kBits, kMostSpans * kBitmap * 2);
    image.map(kHeap, kMostSpans * kSpanBytes);
    image.vars.mheap = kMheap;
    image.set(kMheap, "runtime.mheap", "sweepgen", kSweepGen);
    const bool renamed = image.layouts->find("runtime.mheap", "heapArenas").has_value();
    put_list(kMheap + image.layouts->offset("runtime.mheap", renamed ? "heapArenas" : "allArenas"), kLists, 1);
    image.put<std::uint64_t>(kLists, arena_index(kHeap));
    image.put(kMheap + image.layouts->offset("runtime.mheap", "arenas"), kArenaTable);
    image.put(arena, kArenaRecord);
    image.vars.allp = kLists + 0x800;  // an empty list
    image.vars.gcphase = kLists + 0x900;
    image.vars.allfin = kLists + 0x908;
    image.vars.gc_cleanups = kLists + 0xa00;
  }

  // Adds a span of one page with a size class of up to 512 bytes, swept unless `sweep_gen` says otherwise. Returns its
  // base.
  Address add_span(unsigned size_class, bool pointers = true, std::uint32_t sweep_gen = kSweepGen) {
    HOLDFAST_CHECK(spans_.size() < kMostSpans && pages_of_class(size_class) == 1);
    const std::uint64_t row = spans_.size();
    SpanRow span{kSpans + row * kRecord, kHeap + row * kSpanBytes, size_of_class(size_class), pointers, 0};
    set(span, "startAddr", span.base.value);
    set(span, "npages", 1);
    set(span, "nelems", slots_of_class(image_.version, size_class, pointers));
    set(span, "elemsize", span.slot_size);
    set(span, "spanclass", size_class << 1 | (pointers ? 0 : 1));
    set(span, "state", 1);
    set(span, "sweepgen", sweep_gen);
    set(span, "allocBits", bits_of(row).value);
    set(span, "gcmarkBits", bits_of(row).value + kBitmap);
    image_.put(kLists + 0x100 + row * 8, span.record);
    spans_.push_back(span);
    put_list(kMheap + image_.layouts->offset("runtime.mheap", "allspans"), kLists + 0x100, spans_.size());
    return span.base;
  }

  // Makes the next slot of the span an object that the last collection kept.
  Address keep(Address base) {
    SpanRow& span = row_of(base);
    set_bit(bits_of(number_of(base)), span.used);
    return take(span);
  }
  // Makes the next slot an object that came after the collection. Those before it in the span must be objects, too.
  Address allocate(Address base) {
    SpanRow& span = row_of(base);
    set(span, "freeindex", span.used + 1);
    return take(span);
  }
  // Marks the object as the last collection would, in a span that waits for its sweep.
  void mark(Address object) {
    const SpanRow& span = row_of(object);
    set_bit(bits_of(number_of(object)) + kBitmap, (object - span.base) / span.slot_size);
  }
  // Makes word `word` of the object a pointer to `target`.
  void point(Address object, std::uint64_t word, Address target) {
    const SpanRow& span = row_of(object);
    image_.put(object + word * 8, target);
    switch (image_.version.pointer_maps()) {
      case PointerMaps::kAllocHeader:
        set_bit(span_map(span), (object - span.base) / 8 + word);
        break;
      case PointerMaps::kOneBitArena:
        set_bit(kArenaRecord + image_.layouts->offset("runtime.heapArena", "bitmap"), arena_word(object) + word);
        break;
      case PointerMaps::kTwoBitArena:
        set_two_bits(arena_word(object), word);
        break;
    }
  }
  void set(Address span, std::string_view field, std::uint64_t value) { set(row_of(span), field, value); }
  // A P with the span in hand, run by a thread that was stopped within an allocation.
  void add_allocating_thread(Address span) {
    const SpanRow& row = row_of(span);
    const Address m = image_.make("runtime.m");
    const Address p = image_.make("runtime.p");
    const Address cache = image_.make("runtime.mcache");
    image_.set(m, "runtime.m", "mallocing", 1);
    image_.set(p, "runtime.p", "m", m);
    image_.set(p, "runtime.p", "mcache", cache);
    const std::uint64_t span_class = class_of(row) << 1 | (row.pointers ? 0 : 1);
    image_.put(cache + image_.layouts->offset("runtime.mcache", "alloc") + span_class * 8, row.record);
    image_.put(kLists + 0x880, p);
    put_list(image_.vars.allp, kLists + 0x880, 1);
  }

 private:
  static constexpr std::uint64_t kRecord = 0x200;
  static constexpr std::uint64_t kBitmap = 0x80;
  static constexpr std::uint64_t kSpanBytes = kGoPage;

  struct SpanRow {
    Address record, base;
    std::uint64_t slot_size = 0;
    bool pointers = false;
    std::uint64_t used = 0;
  };

  void put_list(Address header, Address data, std::uint64_t count) {
    image_.put(header, data);
    image_.put<std::uint64_t>(header + 8, count);
    image_.put<std::uint64_t>(header + 16, count);
  }
  static std::uint64_t number_of(Address at) { return (at - kHeap) / kSpanBytes; }
  static std::uint64_t class_of(const SpanRow& span) {
    unsigned size_class = 1;
    while (size_of_class(size_class) != span.slot_size) ++size_class;
    return size_class;
  }
  SpanRow& row_of(Address at) { return spans_.at(number_of(at)); }
  static Address bits_of(std::uint64_t row) { return kBits + row * kBitmap * 2; }
  void set(const SpanRow& span, std::string_view field, std::uint64_t value) {
    image_.set(span.record, "runtime.mspan", field, value);
  }
  Address take(SpanRow& span) {
    const Address object = span.base + span.used++ * span.slot_size;
    set(span, "allocCount", span.used);
    return object;
  }
  void set_bit(Address bits, std::uint64_t bit) {
    std::uint8_t& byte = bits_[bits + bit / 8];
    byte = static_cast<std::uint8_t>(byte | 1 << (bit % 8));
    image_.put<std::uint8_t>(bits + bit / 8, byte);
  }
  // The map lies at the end of the span, before the area of inline marks.
  Address span_map(const SpanRow& span) const {
    const bool inline_marks = image_.version.green_tea() && span.slot_size >= 16;
    return span.base + (kGoPage - kGoPage / 64 - (inline_marks ? kGoPage - kInlineAreaAt : 0));
  }
  static std::uint64_t arena_word(Address at) { return (at - arena_start(arena_index(at))) / 8; }
  // A byte holds four words: the lower bits mean "pointer", the upper ones "more may follow".
  void set_two_bits(std::uint64_t first, std::uint64_t word) {
    const Address map = kArenaRecord + image_.layouts->offset("runtime.heapArena", "bitmap");
    for (std::uint64_t w = first; w <= first + word; ++w) {
      std::uint8_t& byte = bits_[map + w / 4];
      byte = static_cast<std::uint8_t>(byte | 0x10 << (w % 4) | (w == first + word ? 1 << (w % 4) : 0));
      image_.put<std::uint8_t>(map + w / 4, byte);
    }
  }

  StackImage& image_;
  std::vector<SpanRow> spans_;
  std::map<Address, std::uint8_t> bits_;  // those that were set
};

}  // namespace holdfast::go
