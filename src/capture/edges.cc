#include "capture/edges.h"

#include <algorithm>
#include <vector>

#include "base/parallel.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kPartBytes = 4 << 20;  // of heap: its edges stay in the cache until they are taken
constexpr std::size_t kExamples = 16;
constexpr std::uint64_t kLongStep = 255;
constexpr std::size_t kBatch = 256;  // pointers that are looked up together

// What one part of the spans gave. Its memory is used again for later parts.
struct Part {
  std::uint32_t first_row = 0;
  std::vector<std::uint32_t> row_begin;  // within the part
  std::vector<std::uint32_t> target;
  std::vector<std::uint8_t> step;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> long_steps;  // by edge within the part
  std::uint64_t free_pointers = 0;
  std::vector<Address> free_examples;
  std::uint64_t last_word = 0;  // source of the last edge

  void clear() {
    row_begin.clear();
    target.clear();
    step.clear();
    long_steps.clear();
    free_pointers = 0;
    free_examples.clear();
  }
};

// A pointer word on its way to the object that it names.
struct Word {
  Address value;
  Address slot;            // where its object begins
  std::uint64_t word = 0;  // of the slot
  SpanId span;             // that `value` lies in
  std::uint32_t row = 0;   // of its object within the part
};

class EdgePass {
 public:
  EdgePass(const go::Runtime& runtime, const go::HeapModel& heap, const go::PointerMasks& masks,
           const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses)
      : runtime_(runtime), heap_(heap), masks_(masks), index_(index), snapshot_(snapshot), losses_(losses) {}

  void run() {
    const std::uint64_t most = plan();
    heap::Edges& edges = snapshot_.edges;
    edges.row_begin = HugeArray<std::uint32_t>(std::uint64_t{snapshot_.pointerful} + 1);
    edges.target = HugeArray<std::uint32_t>(most);
    edges.step = HugeArray<std::uint8_t>(most);
    std::vector<Part> lanes(worker_count());
    for_each_in_order(
        static_cast<unsigned>(begin_.size() - 1), [&](unsigned part, unsigned lane) { scan(part, lanes[lane]); },
        [&](unsigned, unsigned lane) { take(lanes[lane]); });
    edges.row_begin[snapshot_.pointerful] = static_cast<std::uint32_t>(count_);
    edges.target.shrink(count_);
    edges.step.shrink(count_);
  }

 private:
  // Cuts the spans into parts of about equal bytes. Returns what bounds the edges: an edge cannot need less than a
  // word.
  std::uint64_t plan() {
    std::uint64_t total = 0;
    std::uint64_t bytes = kPartBytes;
    for (std::size_t s = 0; s < snapshot_.spans.size(); ++s) {
      if (!snapshot_.spans[s].has_pointers) continue;
      if (bytes >= kPartBytes) {
        begin_.push_back(s);
        bytes = 0;
      }
      bytes += snapshot_.spans[s].bytes();
      total += snapshot_.spans[s].bytes() / 8;
    }
    begin_.push_back(snapshot_.spans.size());
    return total;
  }

  void scan(unsigned number, Part& part) {
    part.clear();
    go::ObjectScan scan(runtime_, heap_, masks_, losses_);
    std::vector<Word> words;
    words.reserve(kBatch);
    std::uint32_t rows = 0;
    for (std::size_t s = begin_[number]; s < begin_[number + 1]; ++s) {
      const heap::Span& span = snapshot_.spans[s];
      if (!span.has_pointers || span.objects == 0) continue;
      scan.open(heap_.in_use()[s]);
      if (rows == 0) part.first_row = span.first_object;
      for_each_slot(span, [&](std::uint32_t slot) {
        const Address base = span.base + slot * span.slot_size;
        scan.scan(slot, [&](std::uint64_t word, Address value) {
          words.push_back({value, base, word, index_.find_page(value), rows});
          if (words.back().span) index_.fetch(words.back().span);
          if (words.size() == kBatch) translate(words, part);
        });
        ++rows;
      });
    }
    translate(words, part);
    part.row_begin.resize(rows, static_cast<std::uint32_t>(part.target.size()));
  }

  // Appends the edges that the words are. Rows without any get their begin with the next row that has.
  void translate(std::vector<Word>& words, Part& part) const {
    for (const Word& at : words) {
      if (!at.span) continue;  // outside of the heap
      const auto edge = static_cast<std::uint32_t>(part.target.size());
      const bool is_first = part.row_begin.size() <= at.row;
      if (is_first) {
        part.row_begin.resize(at.row + 1, edge);
        part.last_word = 0;
      }
      const heap::ObjectIndex::Slot hit = index_.find_slot(at.span, at.value);
      if (!hit.object) {
        note_free(part, at, hit);
        continue;
      }
      const std::uint64_t step = at.word - part.last_word;
      if (step >= kLongStep) part.long_steps.emplace_back(edge, step);
      part.step.push_back(static_cast<std::uint8_t>(std::min(step, kLongStep)));
      part.target.push_back(hit.object.row);
      part.last_word = at.word;
    }
    words.clear();
  }

  template <typename Body>
  void for_each_slot(const heap::Span& span, Body&& body) const {
    for (std::uint32_t w = 0; w < (span.slots + 63) / 64; ++w) {
      std::uint64_t bits = snapshot_.allocated[span.bits_at + w];
      for (; bits != 0; bits &= bits - 1) body(w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
  }

  // A pointer into a free slot should not exist; behind the last slot of a span it is nothing special.
  void note_free(Part& part, const Word& at, const heap::ObjectIndex::Slot& hit) const {
    if (hit.number >= snapshot_.spans[at.span.row].slots || !may_be_held(part.first_row + at.row)) return;
    ++part.free_pointers;
    if (part.free_examples.size() < kExamples) part.free_examples.push_back(at.slot + at.word * 8);
  }

  // Not so what the last mark found dead and the sweep has not come to: what it points to may be freed already.
  bool may_be_held(std::uint32_t object) const {
    return snapshot_.spans[index_.find_span(ObjectId(object)).row].has_marks &&
           (heap::test_bit(snapshot_.marked, object) || heap::test_bit(snapshot_.fresh, object));
  }

  // Appends the part to those before it.
  void take(const Part& part) {
    heap::Edges& edges = snapshot_.edges;
    if (count_ + part.target.size() > 0xfffffffeU)
      fail(ErrorCode::kUnsupported, "the heap has more than {} references; holdfast numbers them with 32 bits", count_);
    const auto first = static_cast<std::uint32_t>(count_);
    std::copy(part.target.begin(), part.target.end(), edges.target.begin() + count_);
    std::copy(part.step.begin(), part.step.end(), edges.step.begin() + count_);
    for (std::size_t row = 0; row < part.row_begin.size(); ++row)
      edges.row_begin[part.first_row + row] = first + part.row_begin[row];
    for (const auto& [edge, words] : part.long_steps) edges.long_steps.emplace_back(first + edge, words);
    snapshot_.audit.pointers_to_free_slots += part.free_pointers;
    for (const Address example : part.free_examples)
      if (snapshot_.audit.free_slot_pointers.size() < kExamples) snapshot_.audit.free_slot_pointers.push_back(example);
    count_ += part.target.size();
  }

  const go::Runtime& runtime_;
  const go::HeapModel& heap_;
  const go::PointerMasks& masks_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  std::vector<std::size_t> begin_;  // of each part among the spans, and the end
  std::uint64_t count_ = 0;         // edges taken
};

}  // namespace

void add_edges(const go::Runtime& runtime, const go::HeapModel& heap, const go::PointerMasks& masks,
               const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses) {
  EdgePass(runtime, heap, masks, index, snapshot, losses).run();
}

}  // namespace holdfast::capture
