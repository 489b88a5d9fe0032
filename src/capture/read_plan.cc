#include "capture/read_plan.h"

#include <algorithm>

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kSystemPage = 4096;
constexpr std::uint64_t kMostSystemStack = 256 << 10;  // of a thread's C stack
constexpr std::uint64_t kBelow = 256;                  // below SP: red zone and what a call in progress has pushed
constexpr std::uint32_t kDead = 6;
constexpr std::uint32_t kRunning = 2;

AddressRange page_aligned(AddressRange range) {
  return {Address(range.begin.value / kSystemPage * kSystemPage),
          Address((range.end.value + kSystemPage - 1) / kSystemPage * kSystemPage)};
}

// The bitmaps of Go 1.19-1.21 for one span, arena by arena.
void add_arena_maps(const go::Runtime& runtime, const go::HeapModel& heap, const go::MSpan& span,
                    std::vector<AddressRange>& out) {
  const bool two_bit = runtime.version.pointer_maps() == go::PointerMaps::kTwoBitArena;
  const std::uint64_t bytes_per_map_byte = two_bit ? 32 : 64;
  const auto map = runtime.layouts.get("runtime.heapArena", "bitmap");
  for (std::uint64_t done = 0; done < span.bytes();) {
    const Address at = span.base + done;
    const std::uint64_t in_arena = at - go::arena_start(go::arena_index(at));
    const std::uint64_t count = std::min(span.bytes() - done, go::kArenaSize - in_arena);
    if (const Address arena = heap.arena_of(at)) {
      const Address begin = arena + map.offset + in_arena / bytes_per_map_byte;
      out.push_back({begin, begin + count / bytes_per_map_byte});
      if (const auto more = runtime.layouts.find("runtime.heapArena", "noMorePtrs"); more && !two_bit) {
        const Address flags = arena + more->offset + in_arena / 4096;
        out.push_back({flags, flags + count / 4096 + 1});
      }
    }
    done += count;
  }
}

class StackPlan {
 public:
  StackPlan(const go::Runtime& runtime, const std::vector<go::ThreadRegisters>& threads)
      : memory_(runtime.memory), threads_(threads), vars_(runtime.vars) {
    const go::LayoutSource& l = runtime.layouts;
    lo_ = l.offset("runtime.g", "stack.lo");
    hi_ = l.offset("runtime.g", "stack.hi");
    sched_sp_ = l.offset("runtime.g", "sched.sp");
    syscall_sp_ = l.offset("runtime.g", "syscallsp");
    status_ = l.offset("runtime.g", "atomicstatus");
    record_ = l.get_size("runtime.g");
  }

  std::vector<AddressRange> ranges() {
    const Address list = memory_.try_pointer(vars_.allgs).value_or(Address());
    const auto count = memory_.try_integer<std::uint64_t>(vars_.allgs + 8).value_or(0);
    std::vector<std::byte> pointers(count < (1U << 28) ? count * 8 : 0);
    if (!memory_.try_read(list, pointers)) pointers.clear();
    std::vector<std::byte> record(record_);
    for (std::size_t i = 0; i < pointers.size(); i += 8)
      if (memory_.try_read(Address(load_le<std::uint64_t>(pointers.data() + i)), record)) add(record.data());
    // What a thread has on whatever stack it is on: g0, the signal stack, C.
    for (const auto& thread : threads_) {
      const Address sp = thread.registers.rsp();
      if (sp) out_.push_back(page_aligned({sp - kBelow, sp + kMostSystemStack}));
    }
    return joined(std::move(out_));
  }

 private:
  void add(const std::byte* g) {
    const auto word = [&](std::uint32_t at) { return Address(load_le<std::uint64_t>(g + at)); };
    const AddressRange stack{word(lo_), word(hi_)};
    const std::uint32_t status = load_le<std::uint32_t>(g + status_) & 0xfff;
    if (stack.empty() || !stack.begin || stack.size() > (std::uint64_t{4} << 30) || status == 0 || status == kDead ||
        status == 11)
      return;
    Address low = stack.begin;
    if (status != kRunning) {
      low = stack.end;
      for (const Address sp : {word(sched_sp_), word(syscall_sp_)})
        if (stack.contains(sp)) low = std::min(low, sp);
      for (const auto& thread : threads_)
        if (stack.contains(thread.registers.rsp())) low = std::min(low, thread.registers.rsp());
      low = low == stack.end ? stack.begin : std::max(stack.begin, low - kBelow);
    }
    out_.push_back(page_aligned({low, stack.end}));
  }

  const MemorySource& memory_;
  const std::vector<go::ThreadRegisters>& threads_;
  const go::Variables& vars_;
  std::uint32_t lo_ = 0, hi_ = 0, sched_sp_ = 0, syscall_sp_ = 0, status_ = 0;
  std::uint64_t record_ = 0;
  std::vector<AddressRange> out_;
};

}  // namespace

std::vector<AddressRange> heap_ranges(const go::Runtime& runtime, const go::HeapModel& heap, bool with_content) {
  std::vector<AddressRange> out;
  out.reserve(heap.in_use().size());
  const bool arena_maps = runtime.version.pointer_maps() != go::PointerMaps::kAllocHeader;
  for (const go::MSpan& span : heap.in_use()) {
    if (span.has_pointers() || with_content) {
      out.push_back({span.base, span.base + span.bytes()});
      if (arena_maps && span.has_pointers()) add_arena_maps(runtime, heap, span, out);
    } else if (heap.mark_source(span) == go::MarkSource::kInline) {
      out.push_back({span.base + go::kInlineAreaAt, span.base + go::kPageSize});
    }
  }
  return joined(std::move(out));
}

std::vector<AddressRange> stack_ranges(const go::Runtime& runtime, const std::vector<go::ThreadRegisters>& threads,
                                       const std::vector<AddressRange>& readable) {
  if (!runtime.vars.allgs) return {};
  return within(StackPlan(runtime, threads).ranges(), readable);
}

}  // namespace holdfast::capture
