#include "capture/mark_excuses.h"

#include <algorithm>
#include <bit>

#include "base/architecture.h"
#include "go/machine_record.h"
#include "go/stack_memory.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kMostRecordSlot = 4096;  // runtime.m takes 2 KiB at most, Go 1.19-1.27

// Calls visit(object, slot) for every marked object of the span.
template <typename Visit>
void for_each_marked(const heap::Snapshot& snapshot, const heap::Span& span, const Visit& visit) {
  std::uint32_t object = span.first_object;
  for (std::uint32_t w = 0; w < (span.slots + 63) / 64; ++w)
    for (std::uint64_t bits = snapshot.allocated[span.bits_at + w]; bits != 0; bits &= bits - 1, ++object)
      if (heap::test_bit(snapshot.marked, object))
        visit(ObjectId(object), w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
}

class ExcusePass {
 public:
  ExcusePass(const go::Runtime& runtime, const go::HeapModel& heap, const go::Scheduler& scheduler,
             const heap::ObjectIndex& index, heap::Snapshot& snapshot)
      : heap_(heap), scheduler_(scheduler), index_(index), snapshot_(snapshot), threads_(runtime) {}

  void run() {
    add_allocated_black();
    add_ended_threads();
    add_resurrected();
  }

 private:
  void add_allocated_black() {
    const auto cause = heap::MarkCause::kAllocateBlack;
    std::vector<std::uint64_t> black;
    for (std::size_t s = 0; s < snapshot_.spans.size(); ++s) {
      const go::MSpan& span = heap_.in_use()[s];
      black.assign((std::uint64_t{span.slots} + 63) / 64, 0);
      if (!heap_.allocated_while_marking(span, black.data())) continue;
      for_each_marked(snapshot_, snapshot_.spans[s], [&](ObjectId object, std::uint32_t slot) {
        if ((black[slot / 64] >> (slot % 64) & 1) != 0) excuse(object, cause);
      });
    }
  }

  void add_ended_threads() {
    const auto cause = heap::MarkCause::kEndedThread;
    std::vector<Address> ended;
    for_each_record(threads_.machine_bytes(), [&](ObjectId object, Address record) {
      // g0 comes first in an m, so it must be the first word that the object holds.
      const std::uint32_t edge = snapshot_.edges.row_begin[object.row];
      if (edge == snapshot_.edges.row_begin[object.row + 1]) return;
      if (snapshot_.edges.step[edge] * kWord != record - index_.address_of(object) + threads_.first_pointer()) return;
      if (!threads_.is_started_thread(record) || scheduler_.machine(record) != nullptr) return;
      ended.push_back(record);
      excuse(object, cause);
    });
    if (ended.empty()) return;
    std::sort(ended.begin(), ended.end());
    for_each_record(threads_.goroutine_bytes(), [&](ObjectId object, Address record) {
      const Address m = threads_.thread_of(record);
      if (m && std::binary_search(ended.begin(), ended.end(), m)) excuse(object, cause);
    });
  }

  // Calls visit(object, address of the record) for the marked objects that can be a record of that size.
  template <typename Visit>
  void for_each_record(std::uint64_t size, const Visit& visit) {
    for (const heap::Span& span : snapshot_.spans) {
      if (!span.has_pointers || span.user_arena || span.slot_size < size + span.header) continue;
      if (span.slot_size > std::min(2 * size, kMostRecordSlot)) continue;
      for_each_marked(snapshot_, span, [&](ObjectId object, std::uint32_t slot) {
        visit(object, span.base + slot * span.slot_size + span.header);
      });
    }
  }

  void add_resurrected() {
    const auto cause = heap::MarkCause::kResurrection;
    for (const std::uint32_t row : heap_.marked_by_sweep_alone())
      for_each_marked(snapshot_, snapshot_.spans[row], [&](ObjectId object, std::uint32_t) { excuse(object, cause); });
  }

  void excuse(ObjectId object, heap::MarkCause cause) { snapshot_.audit.excuses.push_back({object, cause}); }

  const go::HeapModel& heap_;
  const go::Scheduler& scheduler_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  const go::ThreadRecords threads_;
};

}  // namespace

void add_mark_excuses(const go::Runtime& runtime, const go::HeapModel& heap, const go::Scheduler& scheduler,
                      const heap::ObjectIndex& index, heap::Snapshot& snapshot) {
  ExcusePass(runtime, heap, scheduler, index, snapshot).run();
}

bool has_run_since_mark(const go::Goroutine& goroutine, std::uint32_t gc_phase) {
  return gc_phase != 0 || !goroutine.waits() || goroutine.wait_since == 0;
}

std::vector<NamedByWord> named_by_words(const go::Runtime& runtime, const go::Goroutine& goroutine,
                                        const go::Stack& stack, std::span<const go::StackRoot> roots,
                                        const heap::ObjectIndex& index, const heap::Snapshot& snapshot) {
  std::vector<NamedByWord> named;
  if (!stack.low_water || goroutine.dead()) return named;
  std::vector<ObjectId> held;
  for (const go::StackRoot& root : roots)
    if (const ObjectId object = index.find_object(root.value)) held.push_back(object);
  std::sort(held.begin(), held.end());
  const go::StackMemory words(runtime.memory, goroutine.stack);
  const Address first((stack.low_water.value + kWord - 1) / kWord * kWord);
  // Above the outermost frame lies what the memory held before it became a stack: nobody clears it, and the collector
  // looks into frames only.
  const Address last = stack.complete() && !stack.frames.empty() ? stack.frames.back().fp : goroutine.stack.end;
  std::uint32_t frame = 0;
  for (Address at = first; at < last && words.contains(at); at += kWord) {
    while (frame < stack.frames.size() && stack.frames[frame].fp <= at) ++frame;
    const ObjectId object = index.find_object(Address(words.word(at).value_or(0)));
    if (!object || !heap::test_bit(snapshot.marked, object.row)) continue;
    if (std::binary_search(held.begin(), held.end(), object)) continue;
    named.push_back({object, frame < stack.frames.size() ? frame : NamedByWord::kNoFrame});
  }
  const auto object_of = [](const NamedByWord& word) { return word.object; };
  std::ranges::stable_sort(named, {}, object_of);
  const auto rest = std::ranges::unique(named, {}, object_of);
  named.erase(rest.begin(), rest.end());
  return named;
}

void add_word_excuses(std::vector<heap::MarkExcuse> excuses, heap::Snapshot& snapshot) {
  const auto object_of = [](const heap::MarkExcuse& excuse) { return excuse.object; };
  std::ranges::stable_sort(excuses, {}, object_of);
  const auto rest = std::ranges::unique(excuses, {}, object_of);
  snapshot.audit.excuses.insert(snapshot.audit.excuses.end(), excuses.begin(), rest.begin());
}

}  // namespace holdfast::capture
