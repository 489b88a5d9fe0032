// For tests: the heap of a Go process built by hand, in the layouts of any release.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "go/heap_model.h"
#include "go/layout_table.h"

namespace holdfast::go {

// Memory that is zero wherever nothing was put, but for the first page, which no process has. What is put for later is
// seen from the second read of that place on.
class SparseMemory : public MemorySource {
 public:
  void put(Address at, std::uint64_t value, unsigned bytes = 8) {
    for (unsigned i = 0; i < bytes; ++i) bytes_[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
  void put_for_later(Address at, std::uint64_t value, unsigned bytes) {
    for (unsigned i = 0; i < bytes; ++i) later_[at + i] = static_cast<std::byte>(value >> (8 * i));
  }
  bool try_read(Address from, std::span<std::byte> to) const override {
    if (from.value < 0x1000) return false;
    std::fill(to.begin(), to.end(), std::byte{0});
    for (auto it = bytes_.lower_bound(from); it != bytes_.end() && it->first < from + to.size(); ++it)
      to[it->first - from] = it->second;
    const auto first = later_.lower_bound(from);
    const auto last = later_.lower_bound(from + to.size());
    for (auto it = first; it != last; ++it) bytes_[it->first] = it->second;
    later_.erase(first, last);
    return true;
  }
  const std::byte* try_view(Address, std::uint64_t) const override { return nullptr; }

 private:
  mutable std::map<Address, std::byte> bytes_;
  mutable std::map<Address, std::byte> later_;
};

constexpr Address kMheap{0x10000000};
constexpr Address kArenaIndices{0x20000000};
constexpr Address kArenaTable{0x30000000};
constexpr Address kHeapArena{0x40000000};
constexpr Address kSpanList{0x50000000};
constexpr Address kSpans{0x60000000};
constexpr Address kBits{0x70000000};
constexpr Address kPhase{0x80000000};
constexpr Address kProcessorSlice{0x90000000};
constexpr Address kProcessors{0xa0000000};
constexpr Address kHeap{0xc000000000};
constexpr std::uint32_t kSweepGen = 10;

// A heap of one arena, with spans of 64 slots of 1 KiB.
class SpanImage {
 public:
  struct SpanOf {
    std::uint32_t sweep_gen = kSweepGen;
    std::uint32_t free_index = 0;
    std::uint32_t scan_index = 0;
    std::uint64_t alloc_bits = 0;
    std::uint64_t mark_bits = 0;
    bool page_mark = false;
    std::uint32_t alloc_count = 0;
    std::uint32_t count_before = 0;  // allocCountBeforeCache
    unsigned size_class = kClassOfSlots;
    bool no_pointers = false;
  };
  static constexpr unsigned kClassOfSlots = 32;
  static constexpr unsigned kPages = 8;

  explicit SpanImage(int minor) : version_(parse_version("go1." + std::to_string(minor))) {
    set(kMheap, "runtime.mheap", "sweepgen", kSweepGen);
    const bool renamed = layouts_->find("runtime.mheap", "heapArenas").has_value();
    const Address arenas = kMheap + layouts_->offset("runtime.mheap", renamed ? "heapArenas" : "allArenas");
    memory_.put(arenas, kArenaIndices.value);
    memory_.put(arenas + 8, 1);
    memory_.put(kArenaIndices, arena_index(kHeap));
    set(kMheap, "runtime.mheap", "arenas", kArenaTable.value);
    memory_.put(kArenaTable + arena_index(kHeap) * 8, kHeapArena.value);
    vars_.mheap = kMheap;
    vars_.gcphase = kPhase;
  }

  void set(Address record, std::string_view type, std::string_view field, std::uint64_t value) {
    const FieldLayout layout = layouts_->get(type, field);
    memory_.put(record + layout.offset, value, std::min(layout.size, 8U));
  }

  Address add(const SpanOf& of) {
    const Address span = kSpans + count_ * 0x1000;
    const Address base = kHeap + count_ * kPages * kGoPage;
    const Address bits = kBits + count_ * 0x100;
    const auto put = [&](std::string_view field, std::uint64_t value) { set(span, "runtime.mspan", field, value); };
    put("startAddr", base.value);
    put("npages", kPages);
    put("nelems", of.size_class == 0 ? 1 : 64);
    put("elemsize", of.size_class == 0 ? kPages * kGoPage : 1024);
    put("spanclass", of.size_class << 1 | (of.no_pointers ? 1 : 0));
    put("allocCount", of.alloc_count);
    put("allocCountBeforeCache", of.count_before);
    put("state", 1);
    put("sweepgen", of.sweep_gen);
    put("freeindex", of.free_index);
    if (layouts_->find("runtime.mspan", "freeIndexForScan")) put("freeIndexForScan", of.scan_index);
    put("allocBits", bits.value);
    put("gcmarkBits", bits.value + 0x80);
    memory_.put(bits, of.alloc_bits);
    memory_.put(bits + 0x80, of.mark_bits);
    const std::uint64_t page = count_ * kPages;
    if (of.page_mark)
      memory_.put(kHeapArena + layouts_->offset("runtime.heapArena", "pageMarks") + page / 8, 1U << (page % 8), 1);
    memory_.put(kSpanList + 8 * count_++, span.value);
    return span;
  }

  // Adds a P of its own that has the span in hand.
  void add_cache(Address span, std::uint32_t flush_gen = kSweepGen, std::uint32_t status = 1) {
    const Address p = kProcessors + (1 + caches_) * 0x10000;
    const Address cache = p + 0x8000;
    set(p, "runtime.p", "mcache", cache.value);
    set(p, "runtime.p", "status", status);
    set(cache, "runtime.mcache", "flushGen", flush_gen);
    memory_.put(cache + layouts_->offset("runtime.mcache", "alloc") + 2ULL * kClassOfSlots * 8, span.value);
    memory_.put(kProcessors + 8 * caches_++, p.value);
    vars_.allp = kProcessorSlice;
    memory_.put(kProcessorSlice, kProcessors.value);
    memory_.put(kProcessorSlice + 8, caches_);
  }

  const Runtime& runtime() {
    const Address all = kMheap + layouts_->offset("runtime.mheap", "allspans");
    memory_.put(all, kSpanList.value);
    memory_.put(all + 8, count_);
    runtime_ = std::make_unique<Runtime>(Runtime{memory_, *layouts_, version_, {}, vars_});
    return *runtime_;
  }

  HeapModel read(Motion motion = Motion::kStopped) { return HeapModel::read(runtime(), motion, losses_); }

  // Moves the span that was added last, as if it had become the neighbour's memory meanwhile.
  void move_to(std::uint64_t page) {
    set(kSpans + (count_ - 1) * 0x1000, "runtime.mspan", "startAddr", (kHeap + page * kGoPage).value);
  }

  GoVersion version_;
  std::unique_ptr<LayoutSource> layouts_ = layout_table(version_);
  SparseMemory memory_;
  Variables vars_;
  std::unique_ptr<Runtime> runtime_;
  LossLedger losses_;
  std::uint64_t count_ = 0;
  std::uint64_t caches_ = 0;
};

}  // namespace holdfast::go
