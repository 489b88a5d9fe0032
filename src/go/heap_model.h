// The heap as the collector knows it: every span, which slots are allocated, and which the last collection marked.
// Sizes are in bytes unless said otherwise; pages are the runtime's, of 8 KiB. A model refers to the Runtime, which
// must outlive it. It does not change once it is read, so several threads may share it. Sources: runtime.mheap,
// runtime.mspan, runtime.heapArena of Go 1.19-1.27 (reference 2, 3.7, 9).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/architecture.h"
#include "base/huge_array.h"
#include "base/loss.h"
#include "go/runtime.h"

namespace holdfast::go {

constexpr std::uint64_t kArenaSize = kArchitecture.arena_bytes;
constexpr std::uint64_t kPagesPerArena = kArenaSize / kGoPage;

// Whether the target stands still while it is read. In a running target a record can be torn, and two records can be
// from different moments.
enum class Motion : std::uint8_t { kStopped, kRunning };

enum class SpanState : std::uint8_t { kDead = 0, kInUse = 1, kManual = 2 };

// One runtime.mspan.
struct MSpan {
  Address mspan;
  Address base;
  std::uint64_t pages = 0;
  std::uint64_t slot_size = 0;  // elemsize
  std::uint64_t limit = 0;      // the end of object data
  std::uint32_t slots = 0;      // nelems
  std::uint32_t free_index = 0;
  std::uint32_t scan_index = 0;  // freeIndexForScan; free_index if the release has none
  std::uint32_t alloc_count = 0;
  std::uint32_t sweep_gen = 0;
  std::uint8_t span_class = 0;  // size class << 1 | noscan
  SpanState state = SpanState::kDead;
  bool user_arena = false;
  Address alloc_bits, mark_bits;
  Address specials;    // the head of the list
  Address large_type;  // 1.22+, size class 0, with pointers
  Address pinned;      // 1.21+: two bits per slot, of objects of which C may have the address; null if there are none

  std::uint8_t size_class() const { return span_class >> 1; }
  bool has_pointers() const { return (span_class & 1) == 0; }
  std::uint64_t bytes() const { return pages * kGoPage; }
  bool operator==(const MSpan&) const = default;
};

// Slots up to this size have their pointer map at the end of the span, larger ones have a header (Go 1.22+;
// reference 3.3).
constexpr std::uint64_t kMostInSpanMapBytes = 512;

// Where the marks that the last completed collection left in a span are (reference 9.3).
enum class MarkSource : std::uint8_t {
  kAllocBits,  // the span is swept: the survivors are the allocation bits
  kMarkBits,   // the span waits for its sweep: gcmarkBits
  kInline,     // the same for a small span of Green Tea: bits inside the span
  kNone,       // the span is being swept at this moment, or was made since
};

class HeapModel {
 public:
  // Reads the span table. Fails with kUnsupported or kTruncated if it cannot be found at all, and with kDamaged if
  // spans of a stopped target overlap; single bad spans are losses. In a running target memory goes from one span to
  // another while the table is read, so an overlap means nothing there.
  static HeapModel read(const Runtime& runtime, Motion motion, LossLedger& losses);

  // Returns the address ranges of the heap's arenas without a look at its spans. Fails likewise.
  static std::vector<AddressRange> list_arenas(const Runtime& runtime);

  const std::vector<MSpan>& in_use() const { return in_use_; }  // sorted by base; no overlaps in a stopped target
  const std::vector<MSpan>& manual() const { return manual_; }  // stacks, work buffers; sorted by base
  std::uint32_t sweep_gen() const { return sweep_gen_; }
  std::uint32_t gc_phase() const { return gc_phase_; }
  // Reads the record of a span once more; none if it cannot be read.
  std::optional<MSpan> read_again(const MSpan& span) const;
  bool inline_marks(const MSpan& span) const;
  MarkSource mark_source(const MSpan& span) const;
  // Returns the bytes before the value in each slot: 8 if it has an allocation header.
  std::uint8_t header_bytes(const MSpan& span) const {
    const bool headers = runtime_.version.pointer_maps() == PointerMaps::kAllocHeader;
    return headers && span.has_pointers() && span.size_class() != 0 && span.slot_size > kMostInSpanMapBytes ? 8 : 0;
  }

  // Fills `slots`, as read_bits does, with those that were allocated while the last completed mark was going on, so
  // that they are marked whatever became of them: the slots between the two indices that were free before. This is
  // known from Go 1.25 on, until the span is swept. False if there are none or it is not known.
  bool allocated_while_marking(const MSpan& span, std::uint64_t* slots) const;
  // Returns the rows of in_use() that have marked slots, none of which the mark phase marked: the sweep did, because
  // finalizers had to run on the objects. heapArena.pageMarks tells this from the sweep to the next collection, but not
  // for small spans with marks inside the span.
  std::vector<std::uint32_t> marked_by_sweep_alone() const;
  // Returns the memory of these bits in all arenas.
  std::vector<AddressRange> page_mark_ranges() const;

  // The table from arena numbers to records of arenas; null if it cannot be read.
  Address arena_table() const { return arena_table_; }
  // Returns the memory that the list of spans has room for.
  AddressRange span_list_room() const { return span_list_room_; }
  // Returns the heapArena of an address; null if there is none.
  Address arena_of(Address address) const;
  // Returns the address ranges of all heap arenas, sorted; neighbours are joined.
  std::vector<AddressRange> arena_ranges() const;

  // Fills `allocated` and `marked` of a span: a bit per slot, starting with bit 0, in words that the caller has zeroed.
  // Bitmaps that cannot be read are a loss, and the answer is false.
  bool read_bits(const MSpan& span, std::uint64_t* allocated, std::uint64_t* marked, LossLedger& losses) const;

 private:
  explicit HeapModel(const Runtime& runtime) : runtime_(runtime) {}
  void read_arenas(LossLedger& losses);
  void read_spans(Motion motion, LossLedger& losses);
  void read_some_spans(std::span<const std::byte> pointers, std::vector<MSpan>& in_use, std::vector<MSpan>& manual,
                       LossLedger& losses) const;

  struct Arena {
    std::uint64_t index = 0;
    Address heap_arena;
  };

  const Runtime& runtime_;
  std::vector<Arena> arenas_;  // sorted by index
  std::vector<MSpan> in_use_;
  std::vector<MSpan> manual_;
  Address arena_table_;
  AddressRange span_list_room_;
  std::uint32_t sweep_gen_ = 0;
  std::uint32_t gc_phase_ = 0;
};

// The number that the runtime gives to the arena in which an address lies.
constexpr std::uint64_t arena_index(Address a) {
  return (a.value - kArchitecture.arena_base) / kArenaSize;
}
constexpr Address arena_start(std::uint64_t index) {
  return Address(index * kArenaSize + kArchitecture.arena_base);
}

// The offset in bytes of Green Tea's area of inline marks within a one-page span, and of its parts (reference 3.7).
constexpr std::uint64_t kInlineAreaAt = kGoPage - 128;
constexpr std::uint64_t kInlineMarksAt = kInlineAreaAt + 64;
constexpr std::uint64_t kInlineMarkBytes = 63;

// Slot sizes by size class; 0 for class 0 (the same in Go 1.17-1.27; reference 2.4).
constexpr unsigned kSizeClasses = 68;
std::uint64_t size_of_class(unsigned size_class);
std::uint64_t pages_of_class(unsigned size_class);
// Returns how many slots a span of that class has (reference 2.4 tells what `pointers` and Green Tea have to do with
// it).
std::uint64_t slots_of_class(const GoVersion& version, unsigned size_class, bool pointers);

}  // namespace holdfast::go
