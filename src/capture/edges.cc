#include "capture/edges.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "base/parallel.h"

namespace holdfast::capture {
namespace {

constexpr unsigned kParts = 64;
constexpr std::size_t kExamples = 16;
constexpr std::uint64_t kLongStep = 255;

// What one part of the spans gave.
struct Part {
  std::uint64_t first_edge = 0;  // where its edges were written, before the parts are moved together
  std::uint64_t edges = 0;
  std::uint32_t first_row = 0;
  std::uint32_t rows = 0;
  std::uint64_t free_pointers = 0;
  std::vector<Address> free_examples;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> long_steps;  // by edge within the part
};

class EdgePass {
 public:
  EdgePass(const go::Runtime& runtime, const go::HeapModel& heap, const go::PointerMasks& masks,
           const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses)
      : runtime_(runtime), heap_(heap), masks_(masks), index_(index), snapshot_(snapshot), losses_(losses) {}

  void run() {
    plan();
    heap::Edges& edges = snapshot_.edges;
    edges.row_begin = HugeArray<std::uint32_t>(std::uint64_t{snapshot_.pointerful} + 1);
    edges.target = HugeArray<std::uint32_t>(capacity_);
    edges.step = HugeArray<std::uint8_t>(capacity_);
    for_each_part(kParts, kParts, [&](unsigned part, std::uint64_t, std::uint64_t) { scan(part); });
    join();
  }

 private:
  // Cuts the spans into parts of about equal bytes; an edge cannot need less than a word, so words bound the edges.
  void plan() {
    std::uint64_t total = 0;
    for (const heap::Span& span : snapshot_.spans)
      if (span.has_pointers) total += span.bytes() / 8;
    capacity_ = total;
    parts_.resize(kParts);
    begin_.assign(kParts + 1, snapshot_.spans.size());
    std::uint64_t words = 0;
    unsigned part = 0;
    begin_[0] = 0;
    for (std::size_t s = 0; s < snapshot_.spans.size(); ++s) {
      while (part + 1 < kParts && words >= total * (part + 1) / kParts) start_part(++part, s, words);
      if (snapshot_.spans[s].has_pointers) words += snapshot_.spans[s].bytes() / 8;
    }
    while (part + 1 < kParts) start_part(++part, snapshot_.spans.size(), words);
  }
  void start_part(unsigned part, std::size_t span, std::uint64_t words) {
    begin_[part] = span;
    parts_[part].first_edge = words;
  }

  void scan(unsigned number) {
    Part& part = parts_[number];
    heap::Edges& edges = snapshot_.edges;
    std::uint32_t* target = edges.target.data() + part.first_edge;
    std::uint8_t* step = edges.step.data() + part.first_edge;
    go::ObjectScan scan(runtime_, heap_, masks_, losses_);
    std::uint64_t count = 0;
    for (std::size_t s = begin_[number]; s < begin_[number + 1]; ++s) {
      const heap::Span& span = snapshot_.spans[s];
      if (!span.has_pointers || span.objects == 0) continue;
      scan.open(heap_.in_use()[s]);
      if (part.rows == 0) part.first_row = span.first_object;
      std::uint32_t row = span.first_object;
      for_each_slot(span, [&](std::uint32_t slot) {
        const std::uint32_t source = row++;
        edges.row_begin[source] = static_cast<std::uint32_t>(count);
        std::uint64_t last = 0;
        scan.scan(slot, [&](std::uint64_t word, Address value) {
          const ObjectId object = index_.find_object(value);
          if (!object) {
            if (may_be_held(span, source)) note_free(part, value, span.base + slot * span.slot_size + word * 8);
            return;
          }
          const std::uint64_t words = word - last;
          if (words >= kLongStep) part.long_steps.emplace_back(static_cast<std::uint32_t>(count), words);
          step[count] = static_cast<std::uint8_t>(std::min(words, kLongStep));
          target[count++] = object.row;
          last = word;
        });
      });
      part.rows += span.objects;
    }
    part.edges = count;
  }

  template <typename Body>
  void for_each_slot(const heap::Span& span, Body&& body) const {
    for (std::uint32_t w = 0; w < (span.slots + 63) / 64; ++w) {
      std::uint64_t bits = snapshot_.allocated[span.bits_at + w];
      for (; bits != 0; bits &= bits - 1) body(w * 64 + static_cast<std::uint32_t>(std::countr_zero(bits)));
    }
  }

  // Not so what the last mark found dead and the sweep has not come to: what it points to may be freed already.
  bool may_be_held(const heap::Span& span, std::uint32_t object) const {
    return span.has_marks && (heap::test_bit(snapshot_.marked, object) || heap::test_bit(snapshot_.fresh, object));
  }

  // A pointer that hits no object: outside the heap it is nothing special, into a free slot it should not exist.
  void note_free(Part& part, Address value, Address where) const {
    const auto hit = index_.find(value);
    if (!hit || hit->allocated) return;
    ++part.free_pointers;
    if (part.free_examples.size() < kExamples) part.free_examples.push_back(where);
  }

  // Moves the parts together, in order.
  void join() {
    heap::Edges& edges = snapshot_.edges;
    std::uint64_t total = 0;
    for (const Part& part : parts_) total += part.edges;
    if (total > 0xfffffffeU)
      fail(ErrorCode::kUnsupported, "the heap has {} references; holdfast numbers them with 32 bits", total);
    std::uint64_t at = 0;
    for (Part& part : parts_) {
      if (at != part.first_edge) {
        std::memmove(edges.target.data() + at, edges.target.data() + part.first_edge,
                     part.edges * sizeof(std::uint32_t));
        std::memmove(edges.step.data() + at, edges.step.data() + part.first_edge, part.edges);
      }
      for (std::uint32_t row = part.first_row; row < part.first_row + part.rows; ++row)
        edges.row_begin[row] += static_cast<std::uint32_t>(at);
      for (const auto& [edge, words] : part.long_steps)
        edges.long_steps.emplace_back(static_cast<std::uint32_t>(edge + at), words);
      snapshot_.audit.pointers_to_free_slots += part.free_pointers;
      for (const Address example : part.free_examples)
        if (snapshot_.audit.free_slot_pointers.size() < kExamples)
          snapshot_.audit.free_slot_pointers.push_back(example);
      at += part.edges;
    }
    edges.row_begin[snapshot_.pointerful] = static_cast<std::uint32_t>(total);
    edges.target.shrink(total);
    edges.step.shrink(total);
  }

  const go::Runtime& runtime_;
  const go::HeapModel& heap_;
  const go::PointerMasks& masks_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  std::uint64_t capacity_ = 0;
  std::vector<Part> parts_;
  std::vector<std::size_t> begin_;
};

}  // namespace

void add_edges(const go::Runtime& runtime, const go::HeapModel& heap, const go::PointerMasks& masks,
               const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses) {
  EdgePass(runtime, heap, masks, index, snapshot, losses).run();
}

}  // namespace holdfast::capture
