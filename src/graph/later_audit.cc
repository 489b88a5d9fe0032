#include "graph/later_audit.h"

#include <algorithm>
#include <utility>

#include "base/cancel.h"
#include "base/error.h"
#include "heap/object_index.h"

namespace holdfast::graph {
namespace {

using Bits = HugeArray<std::uint64_t>;

std::uint64_t words_for(const heap::Snapshot& snapshot) {
  return (std::uint64_t{snapshot.objects} + 63) / 64;
}

// Adds to `bits` what the objects `todo` refer to, and so on, without what `limit` has. The bits of `todo` are set.
void follow(const heap::Snapshot& snapshot, std::vector<std::uint32_t> todo, const Bits& limit, Bits& bits) {
  const heap::Edges& edges = snapshot.edges;
  while (!todo.empty()) {
    const std::uint32_t source = todo.back();
    todo.pop_back();
    if (source >= snapshot.pointerful) continue;
    for (const std::uint32_t e : edges.of(source)) {
      const std::uint32_t target = edges.target[e];
      if (heap::test_bit(limit, target) || heap::test_bit(bits, target)) continue;
      heap::set_bit(bits, target);
      todo.push_back(target);
    }
  }
}

// Returns what the runtime can bring back although no root reaches it.
Bits revivable(const heap::Snapshot& snapshot, const Reachability& reached) {
  Bits bits(words_for(snapshot));
  std::vector<std::uint32_t> todo;
  for (const heap::Root& root : snapshot.roots) {
    if (root.kind != heap::RootKind::kFinalizer && root.kind != heap::RootKind::kWeakHandle) continue;
    if (!root.about || reached.contains(root.about) || heap::test_bit(bits, root.about.row)) continue;
    heap::set_bit(bits, root.about.row);
    todo.push_back(root.about.row);
  }
  follow(snapshot, std::move(todo), reached.bits, bits);
  return bits;
}

Reachability surely_reached(const heap::Snapshot& snapshot) {
  return reach(snapshot, {.use_root = [&](RootId root) { return !snapshot.roots[root.row].conservative; }});
}

// Returns what the collector can have marked at the look although nothing that is surely a pointer holds it, and what
// that holds.
Bits excusable(const heap::Snapshot& snapshot, const Reachability& surely) {
  Bits bits(words_for(snapshot));
  std::vector<std::uint32_t> todo;
  const auto add = [&](ObjectId object) {
    if (surely.contains(object) || heap::test_bit(bits, object.row)) return;
    heap::set_bit(bits, object.row);
    todo.push_back(object.row);
  };
  for (const heap::MarkExcuse& excuse : snapshot.audit.excuses) add(excuse.object);
  for (const heap::Root& root : snapshot.roots)
    for (std::uint32_t t = 0; root.conservative && t < root.target_count; ++t)
      add(snapshot.root_targets[root.first_target + t].object);
  follow(snapshot, std::move(todo), surely.bits, bits);
  return bits;
}

void count(Fate& fate, std::uint64_t bytes) {
  ++fate.objects;
  fate.bytes += bytes;
}

class LaterPass {
 public:
  LaterPass(const heap::Snapshot& first, const Reachability& reached, const heap::Snapshot& second)
      : first_(first),
        reached_(reached),
        second_(second),
        first_index_(first),
        second_index_(second),
        revivable_(revivable(first, reached)),
        excusable_(excusable(second, surely_reached(second))) {}

  LaterAudit run() {
    found_.gc_cycle = first_.audit.gc_cycles + 1;
    for (const heap::Span& span : first_.spans) {
      throw_if_cancelled();
      for (std::uint32_t object = span.first_object; object < span.first_object + span.objects; ++object)
        if (!heap::test_bit(reached_.bits, object) && stays_until_collected(object)) look_at(object, span.slot_size);
    }
    tell_first();
    return std::move(found_);
  }

 private:
  // What the last collection found dead may be swept, and its slot used anew, before the next one begins.
  bool stays_until_collected(std::uint32_t object) const {
    return heap::test_bit(first_.marked, object) || heap::test_bit(first_.fresh, object);
  }

  void look_at(std::uint32_t object, std::uint64_t bytes) {
    count(found_.unreached, bytes);
    const Address address = first_index_.address_of(ObjectId(object));
    Fate& fate = fate_of(object, second_index_.find_object(address));
    count(fate, bytes);
    if (&fate == &found_.kept) {
      found_.kept_objects.push_back({address, bytes});
      kept_.push_back(object);
    }
  }

  void tell_first() {
    const heap::Edges& edges = first_.edges;
    for (const std::uint32_t source : kept_) {
      if (source >= first_.pointerful) continue;
      for (const std::uint32_t e : edges.of(source)) {
        const auto target = std::ranges::lower_bound(kept_, edges.target[e]);
        if (target != kept_.end() && *target == edges.target[e] && *target != source)
          found_.kept_objects[static_cast<std::size_t>(target - kept_.begin())].first = false;
      }
    }
  }

  // `later` is the object in its place at the second look, if there is one.
  Fate& fate_of(std::uint32_t object, ObjectId later) {
    if (!later) return found_.freed;
    if (!second_.spans[second_index_.find_span(later).row].has_marks) return found_.unknown;
    if (!heap::test_bit(second_.marked, later.row)) return found_.freed;
    if (heap::test_bit(revivable_, object)) return found_.revived;
    return heap::test_bit(excusable_, later.row) ? found_.excused : found_.kept;
  }

  const heap::Snapshot& first_;
  const Reachability& reached_;
  const heap::Snapshot& second_;
  heap::ObjectIndex first_index_;
  heap::ObjectIndex second_index_;
  Bits revivable_;
  Bits excusable_;
  std::vector<std::uint32_t> kept_;  // rows of found_.kept_objects; sorted, as spans are in the order of rows
  LaterAudit found_;
};

}  // namespace

bool proves(const heap::Snapshot& first, const heap::Snapshot& second) {
  const heap::AuditInput &before = first.audit, &after = second.audit;
  return before.gc_phase == 0 && !before.world_stopped && after.sweep_generation == before.sweep_generation + 2;
}

LaterAudit audit_later(const heap::Snapshot& first, const Reachability& reached, const heap::Snapshot& second) {
  HOLDFAST_CHECK(proves(first, second));
  return LaterPass(first, reached, second).run();
}

bool audit_once_more(LaterAudit& found, const heap::Snapshot& second, const heap::Snapshot& third) {
  const heap::ObjectIndex index(third);
  const Bits excused = excusable(third, surely_reached(third));
  bool sure = third.audit.sweep_generation == second.audit.sweep_generation + 2;
  const std::vector<KeptObject> before = std::exchange(found.kept_objects, {});
  found.kept = {};
  for (const KeptObject& object : before) {
    const ObjectId there = index.find_object(object.address);
    const bool marks_known = !there || third.spans[index.find_span(there).row].has_marks;
    if (there && marks_known && heap::test_bit(third.marked, there.row) && heap::test_bit(excused, there.row)) {
      count(found.excused, object.bytes);
    } else if (!there || (marks_known && !heap::test_bit(third.marked, there.row))) {
      count(found.let_go, object.bytes);
      if (object.first) ++found.let_go_first;
    } else {
      sure = sure && marks_known;
      count(found.kept, object.bytes);
      found.kept_objects.push_back(object);
    }
  }
  return sure;
}

}  // namespace holdfast::graph
