// Translates addresses to objects and back. Each step is one load: arena -> block of the page table -> span -> slot;
// the object's number is the rank of its slot among the allocated ones. Only the rank costs much, so spans without free
// slots skip it. Takes 3 to 4 ns per address in address order and 10 ns without locality; 0.3 B of memory per object.
// Several threads may read it; look-ups do not throw.
//
// It needs no edges: capture translates the pointers that become edges with it.
#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/address.h"
#include "base/huge_array.h"
#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::heap {

struct ObjectCounts {
  std::uint32_t pointerful = 0;
  std::uint32_t objects = 0;
};

// Counts the allocated slots of each span and numbers them: fills Span::objects and Span::first_object. Spans must be
// sorted by base, and their bits_at must lie within `allocated`. Fails with kUnsupported if 32 bits are too few.
ObjectCounts number_objects(std::span<Span> spans, const HugeArray<std::uint64_t>& allocated);

class ObjectIndex {
 public:
  // The values behind `spans` and `allocated` are used in place; they must outlive the index and stay as they are.
  // Fails with kDamaged unless spans are numbered, sorted and disjoint.
  ObjectIndex(std::span<const Span> spans, const HugeArray<std::uint64_t>& allocated);
  explicit ObjectIndex(const Snapshot& snapshot) : ObjectIndex(snapshot.spans, snapshot.allocated) {}

  // Returns the allocated object in whose slot the address lies; none if there is none.
  ObjectId find_object(Address address) const {
    const Entry* entry = entry_of(address);
    return entry == nullptr ? ObjectId() : object_at(*entry, entry->slot_of(address));
  }

  // Do the same in steps, for loops that look up many addresses at once: first find the span of the address's page,
  // then prefetch its record, then look into the slot.
  SpanId find_page(Address address) const {
    const Entry* entry = entry_of(address);
    return entry == nullptr ? SpanId() : SpanId(static_cast<std::uint32_t>(entry - entries_.data()));
  }
  void fetch(SpanId span) const { __builtin_prefetch(&entries_[span.row]); }
  struct NumberedSlot {
    ObjectId object;  // none if the slot is free or behind the last one
    std::uint64_t number = 0;
  };
  NumberedSlot find_slot(SpanId span, Address address) const {
    const Entry& entry = entries_[span.row];
    const std::uint64_t slot = entry.slot_of(address);
    return {object_at(entry, slot), slot};
  }

  // A slot, with or without an object.
  struct Hit {
    ObjectId object;  // none when the slot is free
    SpanId span;
    std::uint32_t slot = 0;
    bool allocated = false;
  };
  // Returns none outside of all spans, and behind the last slot of a span.
  std::optional<Hit> find(Address address) const;

  // These take any object of the snapshot. Sizes are in bytes.
  SpanId find_span(ObjectId object) const;
  std::uint32_t slot_of(ObjectId object) const;
  Address address_of(ObjectId object) const;
  std::uint64_t size_of(ObjectId object) const { return spans_[find_span(object).row].slot_size; }

 private:
  static constexpr std::uint64_t kPageBits = 13;   // runtime.pageSize 8 KiB
  static constexpr std::uint64_t kArenaBits = 26;  // heapArenaBytes 64 MiB, linux/amd64
  static constexpr std::uint64_t kPagesPerArena = std::uint64_t{1} << (kArenaBits - kPageBits);
  static constexpr std::uint32_t kFull = ~std::uint32_t{0};
  static constexpr std::uint32_t kSampleEvery = 64;

  // What a lookup needs of a span, in half a cache line.
  struct Entry {
    Address base;
    // Ceil(2^64 / slot size): exact for spans up to 4 GiB; 0 in larger ones, which are one slot.
    std::uint64_t magic = 0;
    std::uint32_t slots = 0;
    std::uint32_t first_object = 0;
    std::uint32_t bits_at = 0;  // kFull: every slot is allocated

    bool full() const { return bits_at == kFull; }
    std::uint64_t slot_of(Address address) const {
      __extension__ using Wide = unsigned __int128;
      return static_cast<std::uint64_t>(static_cast<Wide>(address - base) * magic >> 64);
    }
  };

  const Entry* entry_of(Address address) const {
    const std::uint64_t arena = (address.value >> kArenaBits) - first_arena_;
    if (arena >= arena_block_.size()) return nullptr;
    const std::uint64_t page = address.value >> kPageBits & (kPagesPerArena - 1);
    const std::uint32_t row = page_span_[arena_block_[arena] * kPagesPerArena + page];
    return row == 0 ? nullptr : &entries_[row - 1];
  }
  ObjectId object_at(const Entry& entry, std::uint64_t slot) const {
    if (slot >= entry.slots) return {};
    if (entry.full()) return ObjectId(entry.first_object + static_cast<std::uint32_t>(slot));
    const std::uint64_t word = entry.bits_at + slot / 64;
    const std::uint64_t bits = allocated_[word];
    if ((bits >> (slot % 64) & 1) == 0) return {};
    return ObjectId(rank_[word] + ones_below(bits, slot));
  }
  static std::uint32_t ones_below(std::uint64_t bits, std::uint64_t bit) {
    return static_cast<std::uint32_t>(std::popcount(bits & ((std::uint64_t{1} << bit % 64) - 1)));
  }

  void check_spans() const;
  void add_entries();
  void add_pages();
  void add_order();

  std::span<const Span> spans_;
  std::span<const std::uint64_t> allocated_;
  HugeArray<Entry> entries_;  // by SpanId
  // By word of `allocated`: the number of the first object at or behind its first slot. Unused for words of full spans.
  HugeArray<std::uint32_t> rank_;
  std::uint64_t first_arena_ = 0;
  HugeArray<std::uint32_t> arena_block_;  // by arena from first_arena_: block of page_span_, 0 = the block of no spans
  HugeArray<std::uint32_t> page_span_;    // by block and page: span row + 1, 0 = none
  std::vector<std::uint32_t> order_;      // spans with objects, by first_object
  std::vector<std::uint32_t> sample_;     // by object / kSampleEvery: where in order_ its span is
};

}  // namespace holdfast::heap
