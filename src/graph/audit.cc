#include "graph/audit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <tuple>

#include "heap/object_index.h"

namespace holdfast::graph {
namespace {

constexpr std::size_t kExamples = 32;
constexpr std::size_t kExamplesOfCause = 8;

constexpr std::size_t kMarkCauses = static_cast<std::size_t>(heap::MarkCause::kConservativeWord) + 1;

constexpr AuditCauseKind kind_of(heap::MarkCause cause) {
  return static_cast<AuditCauseKind>(static_cast<std::size_t>(AuditCauseKind::kAllocateBlack) +
                                     static_cast<std::size_t>(cause));
}
static_assert(kind_of(heap::MarkCause::kConservativeWord) == AuditCauseKind::kConservativeWord);

class AuditPass {
 public:
  AuditPass(const heap::Snapshot& snapshot, const Reachability& reached)
      : snapshot_(snapshot), reached_(reached), index_(snapshot) {}

  Audit run() {
    audit_.objects = snapshot_.objects;
    audit_.reached = reached_.objects;
    count_differences();
    if (audit_.reached_not_marked > 0) explain_reached();
    if (audit_.marked_not_reached > 0) explain_marked();
    for (const heap::Counter& counter : snapshot_.audit.counters)
      if (counter.rule == heap::CounterRule::kMustMatch && counter.runtime != counter.ours) ++audit_.wrong_counters;
    const heap::AuditInput& input = snapshot_.audit;
    audit_.clean = audit_.unexplained_objects == 0 && audit_.wrong_counters == 0 && input.alloc_count_mismatches == 0 &&
                   input.not_unwound.empty() && input.pointers_to_free_slots == 0;
    return std::move(audit_);
  }

 private:
  std::uint64_t words() const { return (std::uint64_t{snapshot_.objects} + 63) / 64; }
  std::uint64_t reached_only(std::uint64_t word) const { return reached_.bits[word] & ~snapshot_.marked[word]; }
  std::uint64_t marked_only(std::uint64_t word) const { return snapshot_.marked[word] & ~reached_.bits[word]; }
  bool is_marked_only(std::uint32_t object) const { return (marked_only(object / 64) >> (object % 64) & 1) != 0; }

  void count_differences() {
    for (std::uint64_t w = 0; w < words(); ++w) {
      audit_.marked += static_cast<std::uint64_t>(std::popcount(snapshot_.marked[w]));
      audit_.reached_not_marked += static_cast<std::uint64_t>(std::popcount(reached_only(w)));
      audit_.marked_not_reached += static_cast<std::uint64_t>(std::popcount(marked_only(w)));
    }
  }

  template <typename Visit>
  static void for_each_bit(std::uint64_t word, std::uint64_t bits, const Visit& visit) {
    for (; bits != 0; bits &= bits - 1)
      visit(static_cast<std::uint32_t>(word * 64 + static_cast<unsigned>(std::countr_zero(bits))));
  }

  const heap::Span& span_of(std::uint32_t object) const {
    return snapshot_.spans[index_.find_span(ObjectId(object)).row];
  }

  void explain_reached() {
    AuditCause fresh = cause(AuditCauseKind::kAllocatedSinceMark);
    AuditCause sweeping = cause(AuditCauseKind::kSpanInSweep);
    for (std::uint64_t w = 0; w < words(); ++w)
      for_each_bit(w, reached_only(w), [&](std::uint32_t object) {
        const heap::Span& span = span_of(object);
        if (!span.has_marks)
          count(sweeping, object, span, true);
        else if (heap::test_bit(snapshot_.fresh, object))
          count(fresh, object, span, true);
        else
          unexplained(object, span);
      });
    keep(std::move(fresh));
    keep(std::move(sweeping));
  }

  // Every object that has an excuse gets its cause first; then, cause by cause, what these hold; the rest is floating.
  void explain_marked() {
    explained_ = HugeArray<std::uint64_t>(words());
    for (std::size_t c = 0; c < kMarkCauses; ++c) excused_[c].cause = cause(kind_of(static_cast<heap::MarkCause>(c)));
    for (const heap::MarkExcuse& excuse : snapshot_.audit.excuses) {
      if (!is_marked_only(excuse.object.row) || heap::test_bit(explained_, excuse.object.row)) continue;
      Excused& excused = excused_[static_cast<std::size_t>(excuse.cause)];
      explain(excused, excuse.object.row, true);
      if (excuse.frame) ++named_at_[line_of(snapshot_.frames[excuse.frame.row])];
    }
    for (Excused& excused : excused_) follow(excused);
    excused_[static_cast<std::size_t>(heap::MarkCause::kConservativeWord)].cause.named_at = places();
    for (Excused& excused : excused_) keep(std::move(excused.cause));
    AuditCause floating = cause(AuditCauseKind::kFloating);
    for (std::uint64_t w = 0; w < words(); ++w)
      for_each_bit(w, marked_only(w) & ~explained_[w],
                   [&](std::uint32_t object) { count(floating, object, span_of(object), true); });
    audit_.floating = floating.objects;
    keep(std::move(floating));
  }

  using CodeLine = std::tuple<StringId, StringId, std::uint32_t>;

  static CodeLine line_of(const heap::Frame& frame) { return {frame.function, frame.file, frame.line}; }

  std::vector<NamingPlace> places() const {
    std::vector<NamingPlace> places;
    for (const auto& [place, objects] : named_at_)
      places.push_back({std::get<0>(place), std::get<1>(place), std::get<2>(place), objects});
    std::ranges::stable_sort(places, std::ranges::greater(), &NamingPlace::objects);
    return places;
  }

  struct Excused {
    AuditCause cause;
    std::vector<std::uint32_t> todo;  // their edges have not been followed
  };

  void explain(Excused& excused, std::uint32_t object, bool shown) {
    heap::set_bit(explained_, object);
    count(excused.cause, object, span_of(object), shown);
    if (object < snapshot_.pointerful) excused.todo.push_back(object);
  }

  void follow(Excused& excused) {
    const heap::Edges& edges = snapshot_.edges;
    while (!excused.todo.empty()) {
      const std::uint32_t source = excused.todo.back();
      excused.todo.pop_back();
      for (const std::uint32_t e : edges.of(source)) {
        const std::uint32_t target = edges.target[e];
        if (is_marked_only(target) && !heap::test_bit(explained_, target)) explain(excused, target, false);
      }
    }
  }

  static AuditCause cause(AuditCauseKind kind) {
    AuditCause cause;
    cause.kind = kind;
    return cause;
  }

  void count(AuditCause& cause, std::uint32_t object, const heap::Span& span, bool shown) {
    ++cause.objects;
    cause.bytes += span.slot_size;
    if (shown) ++cause.shown;
    if (cause.examples.size() < kExamplesOfCause) cause.examples.push_back(index_.address_of(ObjectId(object)));
  }

  void keep(AuditCause cause) {
    if (cause.objects > 0) audit_.causes.push_back(std::move(cause));
  }

  void unexplained(std::uint32_t object, const heap::Span& span) {
    ++audit_.unexplained_objects;
    audit_.unexplained_bytes += span.slot_size;
    if (audit_.unexplained.size() < kExamples) audit_.unexplained.push_back(index_.address_of(ObjectId(object)));
  }

  const heap::Snapshot& snapshot_;
  const Reachability& reached_;
  heap::ObjectIndex index_;
  std::array<Excused, kMarkCauses> excused_;
  std::map<CodeLine, std::uint64_t> named_at_;  // objects by the place of the word
  HugeArray<std::uint64_t> explained_;          // a bit for each object of marked_only that has a cause
  Audit audit_;
};

}  // namespace

Audit audit(const heap::Snapshot& snapshot, const Reachability& reached) {
  return AuditPass(snapshot, reached).run();
}

}  // namespace holdfast::graph
