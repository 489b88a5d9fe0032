#include "capture/edges.h"

#include <algorithm>
#include <vector>

#include "base/parallel.h"
#include "heap/huge_object.h"

namespace holdfast::capture {
namespace {

constexpr std::uint64_t kPartBytes = 4 << 20;  // bytes of heap: the edges stay in the cache until they are taken
constexpr std::size_t kExamples = 16;
constexpr std::uint64_t kLongStep = 255;
constexpr std::size_t kBatch = 256;  // pointers that are looked up together

// What is scanned as one part: whole spans, or a piece of a huge object.
struct Cut {
  std::size_t first_span = 0;
  std::size_t end_span = 0;
  std::uint64_t first_word = 0;
  std::uint64_t end_word = 0;  // 0 = whole spans

  bool is_piece() const { return end_word != 0; }
};

// A reference that was found in a piece.
static_assert(kPartBytes / kWord < std::uint64_t{1} << 31, "the place of a word in a piece takes 31 bits");
struct HugeReference {
  std::uint32_t word : 31 = 0;     // its place in the piece
  std::uint32_t to_begin : 1 = 0;  // it points to the beginning of the target, not into its middle
};

// What a part gave. Its memory is used again for later parts.
struct PartEdges {
  std::uint32_t first_row = 0;
  std::vector<std::uint32_t> row_begin;  // within the part
  std::vector<std::uint32_t> target;
  std::vector<std::uint8_t> step;
  std::vector<std::pair<std::uint32_t, std::uint64_t>> long_steps;  // by number of the edge within the part
  std::vector<HugeReference> references;  // of a piece: row for row with `target`, instead of rows and steps
  std::uint64_t free_pointers = 0;
  std::vector<Address> free_examples;
  std::uint64_t last_word = 0;  // the source word of the last edge

  void clear() {
    row_begin.clear();
    target.clear();
    step.clear();
    long_steps.clear();
    references.clear();
    free_pointers = 0;
    free_examples.clear();
  }
};

// A pointer word on its way to the object that it points to.
struct PointerWord {
  Address value;
  Address slot;            // where its object begins
  std::uint64_t word = 0;  // its place in that slot
  SpanId span;             // in which `value` lies
  std::uint32_t row = 0;   // that of its object within the part
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
    std::vector<PartEdges> lanes(worker_count());
    for_each_in_order(
        static_cast<unsigned>(cuts_.size()),
        [&](unsigned number, unsigned lane) {
          if (cuts_[number].is_piece())
            scan_piece(cuts_[number], lanes[lane]);
          else
            scan(cuts_[number], lanes[lane]);
        },
        [&](unsigned number, unsigned lane) {
          if (cuts_[number].is_piece())
            take_piece(cuts_[number], lanes[lane]);
          else
            take(lanes[lane]);
        });
    edges.row_begin[snapshot_.pointerful] = static_cast<std::uint32_t>(count_);
    edges.target.shrink(count_);
    edges.step.shrink(count_);
  }

 private:
  // Cuts the spans into parts of about equal bytes. Returns the most edges that there can be: each takes at least a
  // word.
  std::uint64_t plan() {
    std::uint64_t total = 0;
    std::uint64_t bytes = kPartBytes;  // those of the last part
    for (std::size_t s = 0; s < snapshot_.spans.size(); ++s) {
      const heap::Span& span = snapshot_.spans[s];
      if (!span.has_pointers) continue;
      total += span.bytes() / 8;
      if (is_huge(s)) {
        for (std::uint64_t at = 0; at < span.bytes(); at += kPartBytes)
          cuts_.push_back({s, s + 1, at / 8, std::min(at + kPartBytes, span.bytes()) / 8});
        bytes = kPartBytes;
        continue;
      }
      if (bytes >= kPartBytes) {
        cuts_.push_back({s, s, 0, 0});
        bytes = 0;
      }
      cuts_.back().end_span = s + 1;
      bytes += span.bytes();
    }
    return total;
  }

  // Whether it is one object whose type says where its pointers are, and whose bytes lie together in our memory: then
  // any piece of it can be scanned by itself.
  bool is_huge(std::size_t s) const {
    const heap::Span& span = snapshot_.spans[s];
    return may_be_scanned_in_pieces(runtime_, heap_.in_use()[s]) && span.objects == 1 &&
           runtime_.memory.try_view(span.base, span.bytes()) != nullptr;
  }

  void scan(const Cut& cut, PartEdges& part) {
    part.clear();
    go::ObjectScan scan(runtime_, heap_, masks_, losses_);
    std::vector<PointerWord> words;
    words.reserve(kBatch);
    std::uint32_t rows = 0;
    for (std::size_t s = cut.first_span; s < cut.end_span; ++s) {
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

  // Skips a word that repeats the one before it.
  void scan_piece(const Cut& cut, PartEdges& part) {
    part.clear();
    const heap::Span& span = snapshot_.spans[cut.first_span];
    part.first_row = span.first_object;
    go::ObjectScan scan(runtime_, heap_, masks_, losses_);
    scan.open(heap_.in_use()[cut.first_span]);
    std::vector<PointerWord> words;
    words.reserve(kBatch);
    Address last;
    scan.scan_words(cut.first_word, cut.end_word, [&](std::uint64_t word, Address value) {
      if (value == last) return;
      last = value;
      words.push_back({value, span.base, word, index_.find_page(value), 0});
      if (words.back().span) index_.fetch(words.back().span);
      if (words.size() == kBatch) translate_piece(words, part, cut.first_word);
    });
    translate_piece(words, part, cut.first_word);
  }

  void translate_piece(std::vector<PointerWord>& words, PartEdges& part, std::uint64_t first_word) const {
    for (const PointerWord& at : words) {
      if (!at.span) continue;
      const heap::ObjectIndex::NumberedSlot hit = index_.find_slot(at.span, at.value);
      if (!hit.object) {
        note_free(part, at, hit);
        continue;
      }
      const heap::Span& span = snapshot_.spans[at.span.row];
      part.target.push_back(hit.object.row);
      const bool to_begin = at.value == span.base + hit.number * span.slot_size + span.header;
      part.references.push_back({static_cast<std::uint32_t>(at.word - first_word) & 0x7fffffffU, to_begin});
    }
    words.clear();
  }

  // Appends the edges that these words are. A row without edges gets its begin with the next row that has some.
  void translate(std::vector<PointerWord>& words, PartEdges& part) const {
    for (const PointerWord& at : words) {
      if (!at.span) continue;  // outside of the heap
      const auto edge = static_cast<std::uint32_t>(part.target.size());
      const bool is_first = part.row_begin.size() <= at.row;
      if (is_first) {
        part.row_begin.resize(at.row + 1, edge);
        part.last_word = 0;
      }
      const heap::ObjectIndex::NumberedSlot hit = index_.find_slot(at.span, at.value);
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

  // A pointer into a free slot should not exist; one behind the last slot of a span is nothing special.
  void note_free(PartEdges& part, const PointerWord& at, const heap::ObjectIndex::NumberedSlot& hit) const {
    if (hit.number >= snapshot_.spans[at.span.row].slots || !may_be_held(part.first_row + at.row)) return;
    ++part.free_pointers;
    if (part.free_examples.size() < kExamples) part.free_examples.push_back(at.slot + at.word * 8);
  }

  // An object that the last mark found dead and that is not swept yet may not be held: what it points to may be free
  // already.
  bool may_be_held(std::uint32_t object) const {
    return snapshot_.spans[index_.find_span(ObjectId(object)).row].has_marks &&
           (heap::test_bit(snapshot_.marked, object) || heap::test_bit(snapshot_.fresh, object));
  }

  // Appends the part to those before it.
  void take(const PartEdges& part) {
    heap::Edges& edges = snapshot_.edges;
    require_numbers(part.target.size());
    const auto first = static_cast<std::uint32_t>(count_);
    std::copy(part.target.begin(), part.target.end(), edges.target.begin() + count_);
    std::copy(part.step.begin(), part.step.end(), edges.step.begin() + count_);
    for (std::size_t row = 0; row < part.row_begin.size(); ++row)
      edges.row_begin[part.first_row + row] = first + part.row_begin[row];
    for (const auto& [edge, words] : part.long_steps) edges.long_steps.emplace_back(first + edge, words);
    take_free_pointers(part);
    count_ += part.target.size();
  }

  // Takes the first one of several references to the beginning of a target (heap::kHugeObject).
  void take_piece(const Cut& cut, const PartEdges& part) {
    heap::Edges& edges = snapshot_.edges;
    require_numbers(part.target.size());
    if (cut.first_word == 0) {
      edges.row_begin[part.first_row] = static_cast<std::uint32_t>(count_);
      last_word_ = 0;
      if (seen_.empty()) seen_ = HugeArray<std::uint64_t>(snapshot_.objects / 64 + 1);
    }
    for (std::size_t i = 0; i < part.target.size(); ++i) {
      const HugeReference at = part.references[i];
      if (at.to_begin && heap::test_bit(seen_, part.target[i])) continue;
      if (at.to_begin) heap::set_bit(seen_, part.target[i]);
      const std::uint64_t word = cut.first_word + at.word;
      const std::uint64_t step = word - last_word_;
      if (step >= kLongStep) edges.long_steps.emplace_back(static_cast<std::uint32_t>(count_), step);
      edges.step[count_] = static_cast<std::uint8_t>(std::min(step, kLongStep));
      edges.target[count_] = part.target[i];
      last_word_ = word;
      ++count_;
    }
    take_free_pointers(part);
    if (cut.end_word * 8 < snapshot_.spans[cut.first_span].bytes()) return;
    for (std::uint64_t edge = edges.row_begin[part.first_row]; edge < count_; ++edge)
      seen_[edges.target[edge] / 64] = 0;
  }

  void take_free_pointers(const PartEdges& part) {
    snapshot_.audit.pointers_to_free_slots += part.free_pointers;
    for (const Address example : part.free_examples)
      if (snapshot_.audit.free_slot_pointers.size() < kExamples) snapshot_.audit.free_slot_pointers.push_back(example);
  }

  void require_numbers(std::uint64_t more) const {
    if (count_ + more > 0xfffffffeU)
      fail(ErrorCode::kUnsupported, "the heap has more than {} references; holdfast numbers them with 32 bits", count_);
  }

  const go::Runtime& runtime_;
  const go::HeapModel& heap_;
  const go::PointerMasks& masks_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  LossLedger& losses_;
  std::vector<Cut> cuts_;
  std::uint64_t count_ = 0;        // edges taken
  std::uint64_t last_word_ = 0;    // source word of the last edge of the huge object that is being taken
  HugeArray<std::uint64_t> seen_;  // a bit per object: the huge object refers to it already
};

}  // namespace

bool may_be_scanned_in_pieces(const go::Runtime& runtime, const go::MSpan& span) {
  return span.large_type && span.bytes() >= heap::kHugeObject &&
         runtime.version.pointer_maps() == go::PointerMaps::kAllocHeader;
}

void add_edges(const go::Runtime& runtime, const go::HeapModel& heap, const go::PointerMasks& masks,
               const heap::ObjectIndex& index, heap::Snapshot& snapshot, LossLedger& losses) {
  EdgePass(runtime, heap, masks, index, snapshot, losses).run();
}

}  // namespace holdfast::capture
