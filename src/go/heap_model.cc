#include "go/heap_model.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/architecture.h"
#include "base/parallel.h"
#include "go/record.h"

namespace holdfast::go {
namespace {

// A larger table is a wrong address and not a heap: 1 << 28 spans are at least 2 TiB.
constexpr std::uint64_t kMostSpans = 1 << 28;
constexpr unsigned kSpanParts = 16;  // parts of the span table, which are read side by side
constexpr std::uint64_t kMostArenas = kArchitecture.most_arenas();

constexpr std::array<std::uint16_t, kSizeClasses> kClassSizes = {
    0,    8,    16,   24,    32,    48,    64,    80,    96,    112,   128,   144,   160,   176,   192,   208,   224,
    240,  256,  288,  320,   352,   384,   416,   448,   480,   512,   576,   640,   704,   768,   896,   1024,  1152,
    1280, 1408, 1536, 1792,  2048,  2304,  2688,  3072,  3200,  3456,  4096,  4864,  5376,  6144,  6528,  6784,  6912,
    8192, 9472, 9728, 10240, 10880, 12288, 13568, 14336, 16384, 18432, 19072, 20480, 21760, 24576, 27264, 28672, 32768};
constexpr std::array<std::uint8_t, kSizeClasses> kClassPages = {
    0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,  1, 1,
    1, 2, 1, 2, 1, 2, 1, 3, 2, 3, 1, 3, 2, 3, 4, 5, 6, 1, 7, 6, 5, 4, 3, 5, 7, 2, 9, 7, 5, 8, 3, 10, 7, 4};

// The layout of runtime.mspan, looked up once.
struct MSpanLayout {
  std::uint64_t size;
  FieldLayout start, pages, free_index, slots, alloc_bits, mark_bits, sweep_gen, alloc_count, span_class, state,
      slot_size, limit, specials;
  std::optional<FieldLayout> scan_index, large_type, pinned, user_arena;

  explicit MSpanLayout(const LayoutSource& l)
      : size(l.get_size("runtime.mspan")),
        start(l.get("runtime.mspan", "startAddr")),
        pages(l.get("runtime.mspan", "npages")),
        free_index(l.get("runtime.mspan", "freeindex")),
        slots(l.get("runtime.mspan", "nelems")),
        alloc_bits(l.get("runtime.mspan", "allocBits")),
        mark_bits(l.get("runtime.mspan", "gcmarkBits")),
        sweep_gen(l.get("runtime.mspan", "sweepgen")),
        alloc_count(l.get("runtime.mspan", "allocCount")),
        span_class(l.get("runtime.mspan", "spanclass")),
        state(l.get("runtime.mspan", "state")),
        slot_size(l.get("runtime.mspan", "elemsize")),
        limit(l.get("runtime.mspan", "limit")),
        specials(l.get("runtime.mspan", "specials")),
        scan_index(l.find("runtime.mspan", "freeIndexForScan")),
        large_type(l.find("runtime.mspan", "largeType")),
        pinned(l.find("runtime.mspan", "pinnerBits")),
        user_arena(l.find("runtime.mspan", "isUserArenaChunk")) {}

  MSpan read(Address at, const Record& r) const {
    MSpan span;
    span.mspan = at;
    span.base = r.pointer(start);
    span.pages = r.number(pages);
    span.slot_size = r.number(slot_size);
    span.limit = r.number(limit);
    span.slots = static_cast<std::uint32_t>(r.number(slots));
    span.free_index = static_cast<std::uint32_t>(r.number(free_index));
    span.scan_index = scan_index ? static_cast<std::uint32_t>(r.number(scan_index)) : span.free_index;
    span.alloc_count = static_cast<std::uint32_t>(r.number(alloc_count));
    span.sweep_gen = static_cast<std::uint32_t>(r.number(sweep_gen));
    span.span_class = static_cast<std::uint8_t>(r.number(span_class));
    span.state = static_cast<SpanState>(r.number(state));
    span.user_arena = r.flag(user_arena);
    span.alloc_bits = r.pointer(alloc_bits);
    span.mark_bits = r.pointer(mark_bits);
    span.specials = r.pointer(specials);
    // Spans without pointers keep what a record of this place had in its last life.
    if (span.has_pointers()) span.large_type = r.pointer(large_type);
    span.pinned = r.pointer(pinned);
    return span;
  }
};

// Of the bits of word `word` of a bitmap of slots, returns those of slots below `index`.
std::uint64_t bits_below(std::uint64_t index, std::uint64_t word) {
  if (index <= word * 64) return 0;
  return index >= (word + 1) * 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << (index % 64)) - 1;
}

// Whether a sane runtime can have such a span.
bool plausible(const MSpan& span) {
  if (span.base.value % kGoPage != 0 || span.pages == 0 || span.pages > (std::uint64_t{1} << 35)) return false;
  if (span.state == SpanState::kManual) return true;
  if (span.slot_size == 0 || span.slots == 0 || span.size_class() >= kSizeClasses) return false;
  if (span.free_index > span.slots) return false;
  return span.slots <= span.bytes() / span.slot_size;
}

}  // namespace

std::uint64_t size_of_class(unsigned size_class) {
  return kClassSizes.at(size_class);
}
std::uint64_t pages_of_class(unsigned size_class) {
  return kClassPages.at(size_class);
}

std::uint64_t slots_of_class(const GoVersion& version, unsigned size_class, bool pointers) {
  const std::uint64_t size = size_of_class(size_class);
  std::uint64_t room = pages_of_class(size_class) * kGoPage;
  if (version.pointer_maps() == PointerMaps::kAllocHeader && pointers && size <= 512)
    room -= pages_of_class(size_class) * (kGoPage / 64);
  if (version.green_tea() && size >= 16 && size <= 512) room -= 128;
  return room / size;
}

namespace {

// Records are long, so their keys are sorted and then each record moves once.
void sort_by_base(std::vector<MSpan>& spans) {
  std::vector<std::pair<Address, std::uint32_t>> order;
  order.reserve(spans.size());
  for (const MSpan& span : spans) order.emplace_back(span.base, static_cast<std::uint32_t>(order.size()));
  std::sort(order.begin(), order.end());
  std::vector<MSpan> sorted;
  sorted.reserve(spans.size());
  for (const auto& [base, at] : order) sorted.push_back(spans[at]);
  spans = std::move(sorted);
}

}  // namespace

HeapModel HeapModel::read(const Runtime& runtime, Motion motion, LossLedger& losses) {
  if (!runtime.vars.mheap) fail(ErrorCode::kUnsupported, "the Go heap (runtime.mheap_) was not found in this program");
  HeapModel heap(runtime);
  heap.sweep_gen_ =
      runtime.memory.integer<std::uint32_t>(runtime.vars.mheap + runtime.layouts.offset("runtime.mheap", "sweepgen"));
  if (runtime.vars.gcphase) heap.gc_phase_ = runtime.memory.integer<std::uint32_t>(runtime.vars.gcphase);
  heap.read_arenas(losses);
  heap.read_spans(motion, losses);
  return heap;
}

std::vector<AddressRange> HeapModel::list_arenas(const Runtime& runtime) {
  HeapModel heap(runtime);
  LossLedger ignored;  // read() counts them
  heap.read_arenas(ignored);
  return heap.arena_ranges();
}

void HeapModel::read_arenas(LossLedger& losses) {
  const MemorySource& memory = runtime_.memory;
  const LayoutSource& layouts = runtime_.layouts;
  const Address mheap = runtime_.vars.mheap;
  // mheap.allArenas is called heapArenas from Go 1.25 on.
  auto list = layouts.find("runtime.mheap", "heapArenas");
  if (!list) list = layouts.get("runtime.mheap", "allArenas");
  const Address data = memory.pointer(mheap + list->offset);
  const auto count = memory.integer<std::uint64_t>(mheap + list->offset + 8);
  if (count == 0 || count > kMostArenas)
    fail(ErrorCode::kUnsupported, "runtime.mheap_ at {:#x} lists {} arenas, which no heap has", mheap.value, count);
  // arenas is an array of one pointer to the second-level table (Architecture::most_arenas).
  arena_table_ = memory.pointer(mheap + layouts.offset("runtime.mheap", "arenas"));
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto index = memory.try_integer<std::uint64_t>(data + i * 8);
    const auto arena = index && *index < kMostArenas ? memory.try_pointer(arena_table_ + *index * 8) : std::nullopt;
    // The runtime lists an arena before it stores where its record is; nothing has been allocated there yet.
    if (arena && !*arena && i + 1 == count) break;
    if (!arena || !*arena) {
      losses.add(LossKind::kUnreadableArena, data + i * 8);
      continue;
    }
    arenas_.push_back({*index, *arena});
  }
  std::sort(arenas_.begin(), arenas_.end(), [](const Arena& a, const Arena& b) { return a.index < b.index; });
}

// Decodes the records to which the pointers lead.
void HeapModel::read_some_spans(std::span<const std::byte> pointers, std::vector<MSpan>& in_use,
                                std::vector<MSpan>& manual, LossLedger& losses) const {
  const MSpanLayout layout(runtime_.layouts);
  Record record(runtime_.memory, layout.size);
  for (std::size_t i = 0; i < pointers.size(); i += 8) {
    const Address at(load_le<std::uint64_t>(pointers.data() + i));
    if (!record.read(at)) {
      losses.add(LossKind::kUnreadableSpan, at);
      continue;
    }
    const MSpan span = layout.read(at, record);
    if (span.state == SpanState::kDead) continue;
    if (!plausible(span)) {
      losses.add(LossKind::kImplausibleSpan, at);
      continue;
    }
    (span.state == SpanState::kInUse ? in_use : manual).push_back(span);
  }
}

void HeapModel::read_spans(Motion motion, LossLedger& losses) {
  const MemorySource& memory = runtime_.memory;
  const Address all = runtime_.vars.mheap + runtime_.layouts.offset("runtime.mheap", "allspans");
  const Address data = memory.pointer(all);
  const auto count = memory.integer<std::uint64_t>(all + 8);
  if (count == 0 || count > kMostSpans)
    fail(ErrorCode::kUnsupported, "runtime.mheap_.allspans has {} entries, which no heap has", count);
  std::vector<std::byte> pointers(count * 8);
  if (!memory.try_read(data, pointers))
    fail(ErrorCode::kTruncated, "the {} entries of runtime.mheap_.allspans at {:#x} cannot be read", count, data.value);
  // The runtime makes its list longer before it stores the new entry, a span that is not in use yet.
  if (load_le<std::uint64_t>(pointers.data() + (count - 1) * 8) == 0) pointers.resize((count - 1) * 8);
  const std::uint64_t room = memory.integer<std::uint64_t>(all + 16);
  if (room >= count && room <= kMostSpans) span_list_room_ = {data, data + room * 8};
  // A stopped target waits for this, so parts are read side by side.
  struct DecodedSpans {
    std::vector<MSpan> in_use, manual;
  };
  std::vector<DecodedSpans> parts(kSpanParts);
  for_each_part(pointers.size() / 8, kSpanParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    read_some_spans(std::span(pointers).subspan(begin * 8, (end - begin) * 8), parts[part].in_use, parts[part].manual,
                    losses);
  });
  for (const DecodedSpans& part : parts) {
    in_use_.insert(in_use_.end(), part.in_use.begin(), part.in_use.end());
    manual_.insert(manual_.end(), part.manual.begin(), part.manual.end());
  }
  sort_by_base(in_use_);
  sort_by_base(manual_);
  if (motion == Motion::kRunning) return;
  const auto overlap = std::adjacent_find(in_use_.begin(), in_use_.end(),
                                          [](const MSpan& a, const MSpan& b) { return a.base + a.bytes() > b.base; });
  if (overlap != in_use_.end())
    fail(ErrorCode::kDamaged, "the spans at {:#x} and {:#x} overlap: this is no consistent heap", overlap->base.value,
         std::next(overlap)->base.value);
}

std::optional<MSpan> HeapModel::read_again(const MSpan& span) const {
  const MSpanLayout layout(runtime_.layouts);
  Record record(runtime_.memory, layout.size);
  if (!record.read(span.mspan)) return std::nullopt;
  return layout.read(span.mspan, record);
}

bool HeapModel::inline_marks(const MSpan& span) const {
  return runtime_.version.green_tea() && span.pages == 1 && span.slot_size >= 16 && span.slot_size <= 512;
}

MarkSource HeapModel::mark_source(const MSpan& span) const {
  const std::uint32_t h = sweep_gen_;
  if (span.sweep_gen == h || span.sweep_gen == h + 3) return MarkSource::kAllocBits;
  if (span.sweep_gen == h - 2 || span.sweep_gen == h + 1)
    return inline_marks(span) ? MarkSource::kInline : MarkSource::kMarkBits;
  return MarkSource::kNone;
}

bool HeapModel::allocated_while_marking(const MSpan& span, std::uint64_t* slots) const {
  // While the collector marks, the marks of the cycle before count, and nothing is left that tells about its
  // allocations.
  const MarkSource source = mark_source(span);
  const bool waits_for_sweep = source == MarkSource::kMarkBits || source == MarkSource::kInline;
  if (!runtime_.version.scan_index_rests_while_marking() || gc_phase_ != 0 || !waits_for_sweep) return false;
  if (span.scan_index >= span.free_index) return false;
  if (!runtime_.memory.try_read(span.alloc_bits, {reinterpret_cast<std::byte*>(slots), (span.slots + 7) / 8}))
    return false;
  bool any = false;
  for (std::uint64_t w = 0; w < (span.slots + 63) / 64; ++w) {
    slots[w] = ~slots[w] & bits_below(span.free_index, w) & ~bits_below(span.scan_index, w);
    any = any || slots[w] != 0;
  }
  return any;
}

std::vector<AddressRange> HeapModel::page_mark_ranges() const {
  std::vector<AddressRange> ranges;
  const auto marks = runtime_.layouts.find("runtime.heapArena", "pageMarks");
  if (!marks) return ranges;
  for (const Arena& arena : arenas_) {
    const Address begin = arena.heap_arena + marks->offset;
    ranges.push_back({begin, begin + kPagesPerArena / 8});
  }
  return ranges;
}

std::vector<std::uint32_t> HeapModel::marked_by_sweep_alone() const {
  std::vector<std::uint32_t> rows;
  const auto marks = runtime_.layouts.find("runtime.heapArena", "pageMarks");
  if (!marks || gc_phase_ != 0) return rows;
  std::array<std::byte, kPagesPerArena / 8> bits{};
  std::uint64_t arena_read = 0;
  bool known = false;
  for (std::uint32_t row = 0; row < in_use_.size(); ++row) {
    const MSpan& span = in_use_[row];
    if (const std::uint64_t arena = arena_index(span.base); row == 0 || arena != arena_read) {
      const Address record = arena_of(span.base);
      known = record && runtime_.memory.try_read(record + marks->offset, bits);
      // A collection clears all bits when it starts.
      known = known && std::any_of(bits.begin(), bits.end(), [](std::byte b) { return b != std::byte{0}; });
      arena_read = arena;
    }
    // Pointers to the pointer-free objects of spans with inline marks do not set the bit.
    if (!known || span.user_arena || inline_marks(span) || mark_source(span) != MarkSource::kAllocBits) continue;
    const std::uint64_t page = (span.base - arena_start(arena_read)) / kGoPage;
    if ((std::to_integer<unsigned>(bits[page / 8]) >> (page % 8) & 1) == 0) rows.push_back(row);
  }
  return rows;
}

Address HeapModel::arena_of(Address address) const {
  const std::uint64_t index = arena_index(address);
  const auto it = std::lower_bound(arenas_.begin(), arenas_.end(), index,
                                   [](const Arena& a, std::uint64_t i) { return a.index < i; });
  return it != arenas_.end() && it->index == index ? it->heap_arena : Address();
}

std::vector<AddressRange> HeapModel::arena_ranges() const {
  std::vector<AddressRange> ranges;
  for (const Arena& arena : arenas_) {
    const Address begin = arena_start(arena.index);
    if (!ranges.empty() && ranges.back().end == begin)
      ranges.back().end = begin + kArenaSize;
    else
      ranges.push_back({begin, begin + kArenaSize});
  }
  return ranges;
}

bool HeapModel::read_bits(const MSpan& span, std::uint64_t* allocated, std::uint64_t* marked,
                          LossLedger& losses) const {
  const std::uint64_t words = (span.slots + 63) / 64;
  const std::uint64_t bytes = (span.slots + 7) / 8;
  const std::uint64_t last_mask =
      span.slots % 64 == 0 ? ~std::uint64_t{0} : (std::uint64_t{1} << (span.slots % 64)) - 1;
  const auto read = [&](Address from, std::uint64_t* to) {
    if (!runtime_.memory.try_read(from, {reinterpret_cast<std::byte*>(to), bytes})) {
      losses.add(LossKind::kUnreadableBitmap, from);
      return false;
    }
    to[words - 1] &= last_mask;
    return true;
  };
  bool good = read(span.alloc_bits, allocated);
  switch (mark_source(span)) {
    case MarkSource::kAllocBits:
      std::memcpy(marked, allocated, words * 8);
      break;
    case MarkSource::kMarkBits:
      good = read(span.mark_bits, marked) && good;
      break;
    case MarkSource::kInline: {
      std::array<std::byte, 64> area{};
      if (!runtime_.memory.try_read(span.base + kInlineMarksAt, std::span(area).first(kInlineMarkBytes))) {
        losses.add(LossKind::kUnreadableBitmap, span.base);
        good = false;
        break;
      }
      good = read(span.mark_bits, marked) && good;
      for (std::uint64_t w = 0; w < words; ++w) marked[w] |= load_le<std::uint64_t>(area.data() + w * 8);
      marked[words - 1] &= last_mask;
      break;
    }
    case MarkSource::kNone:
      break;
  }
  // Every slot below freeindex is allocated (reference 2.5).
  for (std::uint64_t w = 0; w < words; ++w) allocated[w] |= bits_below(span.free_index, w);
  allocated[words - 1] &= last_mask;
  return good;
}

}  // namespace holdfast::go
