#include "go/unready_slots.h"

#include <algorithm>

#include "go/cache_record.h"
#include "go/machine_record.h"
#include "go/processors.h"

namespace holdfast::go {
namespace {

class Search {
 public:
  Search(const Runtime& runtime, const HeapModel& heap) : runtime_(runtime), memory_(runtime.memory), heap_(heap) {}

  std::vector<UnreadySlot> run() {
    list_spans_in_hand();
    std::vector<UnreadySlot> found;
    if (in_hand_.empty()) return found;
    for (std::uint32_t row = 0; row < heap_.in_use().size(); ++row) {
      const MSpan& span = heap_.in_use()[row];
      // The world stands still from the start of a sweep until a P has given back what it held before (h + 1).
      const bool held = span.sweep_gen == heap_.sweep_gen() + 3;
      if (!held || span.scan_index >= span.free_index) continue;
      if (!std::binary_search(in_hand_.begin(), in_hand_.end(), span.mspan)) continue;
      const std::uint32_t slot = span.free_index - 1;
      if (is_unready(span, slot)) found.push_back({row, slot});
    }
    return found;
  }

 private:
  // Of the threads that allocate.
  void list_spans_in_hand() {
    const MachineFields machine(runtime_.layouts);
    const CacheFields cache(runtime_.layouts);
    if (!machine.mallocing) return;
    for (const Processor& p : read_processors(runtime_)) {
      if (!p.m || !p.mcache) continue;
      if (memory_.try_integer<std::uint32_t>(p.m + machine.mallocing->offset).value_or(0) == 0) continue;
      if (const auto spans = cache.try_read_spans(memory_, p.mcache))
        in_hand_.insert(in_hand_.end(), spans->begin(), spans->end());
    }
    std::sort(in_hand_.begin(), in_hand_.end());
  }

  bool is_unready(const MSpan& span, std::uint32_t slot) const {
    const auto bit = [&](Address bits) -> std::optional<bool> {
      const auto byte = memory_.try_integer<std::uint8_t>(bits + slot / 8);
      if (!byte) return std::nullopt;
      return (*byte >> (slot % 8) & 1) != 0;
    };
    if (bit(span.alloc_bits).value_or(true)) return false;  // an old object
    if (heap_.gc_phase() == 0) return true;
    if (bit(span.mark_bits).value_or(true)) return false;
    return !heap_.inline_marks(span) || !bit(span.base + kInlineMarksAt).value_or(true);
  }

  const Runtime& runtime_;
  const MemorySource& memory_;
  const HeapModel& heap_;
  std::vector<Address> in_hand_;  // records of spans, sorted
};

}  // namespace

std::vector<UnreadySlot> find_unready_slots(const Runtime& runtime, const HeapModel& heap) {
  return Search(runtime, heap).run();
}

}  // namespace holdfast::go
