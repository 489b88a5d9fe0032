#include "graph/audit.h"

#include <algorithm>
#include <bit>
#include <map>

#include "heap/object_index.h"

namespace holdfast::graph {
namespace {

constexpr std::size_t kExamples = 32;

struct Class {
  const char* id;
  const char* meaning;
};
constexpr Class kFresh = {"allocated-since-mark", "allocated after the last collection had marked"};
constexpr Class kSweeping = {"span-in-sweep",
                             "in a span that was being swept at that moment, so its marks are not known"};
constexpr Class kConservative = {
    "conservative-word", "reached only through registers or words that may be no pointers: threads were stopped there"};
constexpr Class kFloating = {"floating", "held when the last collection marked, dropped by the program since"};

class AuditPass {
 public:
  AuditPass(const heap::Snapshot& snapshot, const Reachability& reached)
      : snapshot_(snapshot), reached_(reached), index_(snapshot) {
    for (const heap::MarkExcuse& excuse : snapshot.audit.excuses) excuses_.emplace(excuse.object, excuse.cause);
    const bool any_conservative = std::any_of(snapshot.roots.begin(), snapshot.roots.end(),
                                              [](const heap::Root& root) { return root.conservative; });
    if (any_conservative)
      precise_ = reach(snapshot, {.use_root = [&](RootId id) { return !snapshot.roots[id.row].conservative; }});
  }

  Audit run() {
    audit_.objects = snapshot_.objects;
    audit_.reached = reached_.objects;
    for (std::uint64_t w = 0; w < (snapshot_.objects + 63) / 64; ++w) {
      audit_.marked += static_cast<std::uint64_t>(std::popcount(snapshot_.marked[w]));
      for (std::uint64_t bits = snapshot_.marked[w] ^ reached_.bits[w]; bits != 0; bits &= bits - 1)
        differ(ObjectId(static_cast<std::uint32_t>(w * 64) + static_cast<std::uint32_t>(std::countr_zero(bits))));
    }
    for (const auto& [id, cause] : by_id_) audit_.causes.push_back(cause);
    for (const heap::Counter& counter : snapshot_.audit.counters)
      if (counter.must_match && counter.runtime != counter.ours) ++audit_.wrong_counters;
    const heap::AuditInput& input = snapshot_.audit;
    audit_.clean = audit_.unexplained_objects == 0 && audit_.wrong_counters == 0 && input.alloc_count_mismatches == 0 &&
                   input.not_unwound.empty() && input.pointers_to_free_slots == 0;
    return std::move(audit_);
  }

 private:
  void differ(ObjectId object) {
    const heap::Span& span = snapshot_.spans[index_.find_span(object).row];
    if (reached_.contains(object)) {
      ++audit_.reached_not_marked;
      reached_only(object, span);
    } else {
      ++audit_.marked_not_reached;
      marked_only(object, span);
    }
  }

  void reached_only(ObjectId object, const heap::Span& span) {
    if (!span.has_marks)
      count(kSweeping, span);
    else if (heap::test_bit(snapshot_.fresh, object.row))
      count(kFresh, span);
    else if (!precise_.bits.empty() && !precise_.contains(object))
      count(kConservative, span);
    else
      unexplained(object, span);
  }

  void marked_only(ObjectId object, const heap::Span& span) {
    const auto excuse = excuses_.find(object);
    if (excuse != excuses_.end()) {
      const std::string cause(snapshot_.strings[excuse->second]);
      count({cause.c_str(), "marked by the collector's own rules without being held"}, span);
      return;
    }
    count(kFloating, span);
    ++audit_.floating;
  }

  void count(const Class& what, const heap::Span& span) {
    AuditCause& cause = by_id_[what.id];
    cause.id = what.id;
    cause.meaning = what.meaning;
    ++cause.objects;
    cause.bytes += span.slot_size;
  }

  void unexplained(ObjectId object, const heap::Span& span) {
    ++audit_.unexplained_objects;
    audit_.unexplained_bytes += span.slot_size;
    if (audit_.unexplained.size() < kExamples) audit_.unexplained.push_back(index_.address_of(object));
  }

  const heap::Snapshot& snapshot_;
  const Reachability& reached_;
  heap::ObjectIndex index_;
  Reachability precise_;
  std::map<ObjectId, StringId> excuses_;
  std::map<std::string, AuditCause> by_id_;
  Audit audit_;
};

}  // namespace

Audit audit(const heap::Snapshot& snapshot, const Reachability& reached) {
  return AuditPass(snapshot, reached).run();
}

}  // namespace holdfast::graph
