#include "graph/audit.h"

#include <algorithm>
#include <array>
#include <bit>
#include <string_view>

#include "heap/object_index.h"

namespace holdfast::graph {
namespace {

constexpr std::size_t kExamples = 32;
constexpr std::size_t kExamplesOfCause = 8;

struct Class {
  std::string_view id;
  std::string_view meaning;
};
constexpr Class kFresh = {kAllocatedSinceMark, "allocated after the last collection had marked"};
constexpr Class kSweeping = {"span-in-sweep",
                             "in a span that was being swept at that moment, so its marks are not known"};
constexpr Class kFloating = {"floating", "held when the last collection marked, dropped by the program since"};
// What capture shows (capture/mark_excuses.h).
constexpr std::array kExcuses = {
    Class{"allocate-black", "allocated while the collector marked, which marks whatever is new"},
    Class{"ended-thread", "records of a thread that has ended since, and what only they hold"},
    Class{"resurrection", "found dead and marked by the sweep, because their finalizers had to run"},
    Class{"conservative-word", "a word on a stack names it that is no live variable there; the goroutine ran since"},
};
constexpr Class kUnknownExcuse = {"", "marked by the collector's own rules without being held"};

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
      if (counter.must_match && counter.runtime != counter.ours) ++audit_.wrong_counters;
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
    AuditCause fresh = cause(kFresh);
    AuditCause sweeping = cause(kSweeping);
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

  // First what is shown of objects themselves, for every cause; then, cause by cause, what these hold; the rest floats.
  void explain_marked() {
    explained_ = HugeArray<std::uint64_t>(words());
    for (const heap::MarkExcuse& excuse : snapshot_.audit.excuses) {
      if (!is_marked_only(excuse.object.row) || heap::test_bit(explained_, excuse.object.row)) continue;
      Excused& excused = excused_by(excuse.cause);
      explain(excused, excuse.object.row, true);
    }
    for (Excused& excused : excused_) follow(excused);
    for (Excused& excused : excused_) keep(std::move(excused.cause));
    AuditCause floating = cause(kFloating);
    for (std::uint64_t w = 0; w < words(); ++w)
      for_each_bit(w, marked_only(w) & ~explained_[w],
                   [&](std::uint32_t object) { count(floating, object, span_of(object), true); });
    audit_.floating = floating.objects;
    keep(std::move(floating));
  }

  struct Excused {
    StringId name;
    AuditCause cause;
    std::vector<std::uint32_t> todo;  // objects whose edges have not been followed
  };

  Excused& excused_by(StringId name) {
    for (Excused& excused : excused_)
      if (excused.name == name) return excused;
    const std::string_view id = snapshot_.strings[name];
    const auto known = std::find_if(kExcuses.begin(), kExcuses.end(), [&](const Class& c) { return c.id == id; });
    excused_.push_back({name, cause(known != kExcuses.end() ? *known : Class{id, kUnknownExcuse.meaning}), {}});
    return excused_.back();
  }

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
      for (std::uint32_t e = edges.row_begin[source]; e < edges.row_begin[source + 1]; ++e) {
        const std::uint32_t target = edges.target[e];
        if (is_marked_only(target) && !heap::test_bit(explained_, target)) explain(excused, target, false);
      }
    }
  }

  static AuditCause cause(const Class& what) {
    AuditCause cause;
    cause.id = what.id;
    cause.meaning = what.meaning;
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
  std::vector<Excused> excused_;        // in the order in which capture names the causes
  HugeArray<std::uint64_t> explained_;  // a bit for each object of marked_only that has a cause
  Audit audit_;
};

}  // namespace

Audit audit(const heap::Snapshot& snapshot, const Reachability& reached) {
  return AuditPass(snapshot, reached).run();
}

}  // namespace holdfast::graph
