#include "go/needed_memory.h"

#include <algorithm>
#include <array>

#include "base/architecture.h"
#include "base/ranges.h"
#include "go/goroutine_labels.h"
#include "go/goroutines.h"
#include "go/library_layouts.h"
#include "go/lock_record.h"
#include "go/memory_profile.h"
#include "go/object_scan.h"
#include "go/page_allocator.h"
#include "go/pointer_mask.h"
#include "go/runtime_lists.h"
#include "go/span_caches.h"
#include "go/special_roots.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kMostStack = std::uint64_t{4} << 30;  // a longer one is damage
constexpr std::uint64_t kMostSystemStack = 256 << 10;         // on a thread's C stack
constexpr std::uint64_t kBelow = 256;  // the bytes below SP: the red zone and what a call in progress has pushed

AddressRange page_aligned(AddressRange range) {
  return {Address(range.begin.value / kSystemPage * kSystemPage),
          Address((range.end.value + kSystemPage - 1) / kSystemPage * kSystemPage)};
}

// Returns the stack in use of the goroutine whose record was read; empty if it has no stack that matters.
AddressRange stack_in_use(const GoroutineFields& fields, const Record& g, std::span<const Address> stack_pointers) {
  const AddressRange stack = fields.stack_of(g);
  const GoroutineStatus status = fields.status_of(g);
  if (stack.empty() || !stack.begin || stack.size() > kMostStack || is_dead(status)) return {};
  Address low = stack.begin;
  if (status != GoroutineStatus::kRunning) {
    low = stack.end;
    for (const Address sp : {g.pointer(fields.sched_sp), g.pointer(fields.syscall_sp)})
      if (stack.contains(sp)) low = std::min(low, sp);
    for (const Address sp : stack_pointers)
      if (stack.contains(sp)) low = std::min(low, sp);
    low = low == stack.end ? stack.begin : std::max(stack.begin, low - kBelow);
  }
  return page_aligned({low, stack.end});
}

// What cannot be read here is reported as missing when the counters are read for good.
void visit_span_caches(const Runtime& runtime) {
  try {
    if (runtime.vars.allp) read_span_caches(runtime);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kDamaged) throw;
  }
}

}  // namespace

std::vector<AddressRange> heap_memory(const Runtime& runtime, const HeapModel& heap, bool with_content) {
  std::vector<AddressRange> out;
  out.reserve(heap.in_use().size());
  for (const MSpan& span : heap.in_use()) {
    if (span.has_pointers() || with_content) {
      out.push_back({span.base, span.base + span.bytes()});
      if (span.has_pointers()) add_arena_maps(runtime, heap, span, out);
    } else if (heap.mark_source(span) == MarkSource::kInline) {
      out.push_back({span.base + kInlineAreaAt, span.base + kGoPage});
    }
  }
  return without_overlaps(std::move(out));
}

std::vector<AddressRange> stack_memory(const Runtime& runtime, std::span<const Address> stack_pointers) {
  const GoroutineFields fields(runtime.layouts);
  const std::vector<Address> goroutines = try_list_goroutines(runtime);
  if (goroutines.empty()) return {};
  std::vector<AddressRange> out;
  Record record(runtime.memory, fields.size);
  for (const Address g : goroutines)
    if (record.read(g)) out.push_back(stack_in_use(fields, record, stack_pointers));
  // Takes what a thread has on the stack that it is on, whether that is g0's, the signal stack or one of C.
  for (const Address sp : stack_pointers)
    if (sp) out.push_back(page_aligned({sp - kBelow, sp + kMostSystemStack}));
  return joined(std::move(out));
}

void visit_small_records(const Runtime& runtime, const HeapModel& heap, const std::function<void(AddressRange)>& keep,
                         LossLedger& losses) {
  for (const MSpan& span : heap.in_use()) {
    const std::uint64_t bytes = (span.slots + 7) / 8;
    keep({span.alloc_bits, span.alloc_bits + bytes});
    keep({span.mark_bits, span.mark_bits + bytes});
    // The types of large objects; some of them were made at run time.
    if (span.large_type) runtime.memory.try_integer<std::uint64_t>(span.large_type);
  }
  for (const ProfiledObject& profiled : read_special_roots(runtime, heap, losses).profiled)
    bucket_stack(runtime, profiled.bucket);
  visit_memory_profile(runtime);
  count_released_bytes(runtime);
  visit_span_caches(runtime);
  if (const auto channel = read_library_layouts(runtime.layouts).channel)
    for (const Address at : waited_channels(runtime)) keep({at, at + channel->bytes});
  for (const AddressRange& lock : awaited_lock_memory(runtime)) keep(lock);
  visit_goroutine_labels(runtime);
  for (const AddressRange& bits : heap.page_mark_ranges()) keep(bits);
}

void visit_type_masks(const Runtime& runtime, const HeapModel& heap, LossLedger& losses) {
  if (runtime.version.pointer_maps() != PointerMaps::kAllocHeader) return;
  const PointerMasks masks(runtime, losses);
  Address last;
  const auto visit = [&](Address type) {
    if (type && type != last) masks.of(type);
    last = type;
  };
  std::array<std::uint64_t, kGoPage / 8 / 64> allocated{};
  std::array<std::uint64_t, kGoPage / 8 / 64> marked{};
  for (const MSpan& span : heap.in_use()) {
    if (!span.has_pointers()) continue;
    visit(span.large_type);
    if (span.size_class() == 0 || span.slot_size <= kMostInSpanMapBytes) continue;
    heap.read_bits(span, allocated.data(), marked.data(), losses);
    for (std::uint32_t slot = 0; slot < span.slots; ++slot)
      if ((allocated[slot / 64] >> (slot % 64) & 1) != 0)
        visit(runtime.memory.try_pointer(span.base + slot * span.slot_size).value_or(Address()));
  }
}

}  // namespace holdfast::go
