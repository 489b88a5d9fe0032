#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/goroutine_words.h"
#include "detect/hands.h"
#include "graph/leaked_goroutines.h"
#include "heap/field_path.h"
#include "view/goroutine_rows.h"

namespace holdfast::detect::one_way_channels {
namespace {

using heap::Snapshot;
using heap::TypeKind;
using view::Confidence;
using view::named;
using view::sentence;

constexpr int kDeepest = 64;
constexpr int kMostRounds = 8;

// What can be done with a channel over a reference to it.
enum class End : std::uint8_t { kBoth, kReceive, kSend };

// Where a value of the type has that offset, which type begins there: of the innermost field or element.
TypeId type_at(const Snapshot& snapshot, TypeId type, std::uint64_t offset) {
  for (int depth = 0; type && depth < kDeepest; ++depth) {
    const heap::Type& outer = snapshot.types[type.row];
    TypeId inner;
    if (outer.kind == TypeKind::kArray && outer.elem && snapshot.types[outer.elem.row].size > 0) {
      inner = outer.elem;
      offset %= snapshot.types[inner.row].size;
    } else if (outer.kind == TypeKind::kStruct || outer.kind == TypeKind::kClosure) {
      for (std::uint32_t f = outer.first_field; f < outer.first_field + outer.field_count; ++f) {
        const heap::Field& field = snapshot.fields[f];
        if (!field.type || offset < field.offset || offset - field.offset >= snapshot.types[field.type.row].size)
          continue;
        inner = field.type;
        offset -= field.offset;
        break;
      }
    } else {
      return offset == 0 ? type : TypeId();
    }
    type = inner;
  }
  return {};
}

// A type with a name of its own does not say it, and neither does what is not known.
End end_of(const Snapshot& snapshot, TypeId type) {
  if (!type || snapshot.types[type.row].kind != TypeKind::kChan || snapshot.types[type.row].is_named) return End::kBoth;
  const std::string_view name = snapshot.strings[snapshot.types[type.row].name];
  if (name.starts_with("<-chan ")) return End::kReceive;
  return name.starts_with("chan<- ") ? End::kSend : End::kBoth;
}

bool any_type_has_one_end(const Snapshot& snapshot) {
  for (std::uint32_t t = 0; t < snapshot.types.size(); ++t)
    if (end_of(snapshot, TypeId(t)) != End::kBoth) return true;
  return false;
}

struct Reference {
  graph::NodeId from;
  End end = End::kBoth;
};

// A channel that goroutines wait for at one of its ends.
struct Awaited {
  bool sends = false, receives = false;  // what those that wait want to do
  std::vector<Reference> references;

  // Whether the other end is not to be had there: who only has the end at which others wait wakes none of them.
  bool is_useless(const Reference& reference) const {
    return (receives && !sends && reference.end == End::kReceive) ||
           (sends && !receives && reference.end == End::kSend);
  }
};

class Search {
 public:
  explicit Search(const Evidence& e) : e_(e), records_(records_of_waits(e)) {
    find_awaited();
    find_references();
  }

  // What would be leaked if nobody used an end that the type of the reference does not give.
  std::optional<graph::LeakedGoroutines> leaked() {
    std::set<ObjectId> one_way;
    for (const auto& [channel, awaited] : awaited_)
      if (std::ranges::any_of(awaited.references, [&](const Reference& r) { return awaited.is_useless(r); }))
        one_way.insert(channel);
    for (int round = 0; round < kMostRounds && !one_way.empty(); ++round) {
      graph::LeakQuestion question;
      question.without_wake_ups.assign(one_way.begin(), one_way.end());
      graph::LeakedGoroutines found =
          graph::find_leaked_goroutines(e_.snapshot, graph::reachability(e_.dominators), question);
      if (std::erase_if(one_way, [&](ObjectId channel) { return somebody_has_other_end(channel, found); }) == 0)
        return found;
    }
    return std::nullopt;
  }

 private:
  void find_awaited() {
    std::set<ObjectId> used;  // by threads, timers and C
    for (const heap::Actor& actor : e_.snapshot.actors)
      if (actor.kind != heap::ActorKind::kTimerList) used.insert(actor.object);
    for (const heap::ChannelWait& wait : e_.snapshot.channel_waits) {
      const ObjectId channel = e_.snapshot.channels[wait.channel.row].object;
      if (!channel || used.contains(channel) || !e_.dominators.reachable(channel)) continue;
      Awaited& awaited = awaited_[channel];
      awaited.sends = awaited.sends || wait.sends;
      awaited.receives = awaited.receives || !wait.sends;
    }
  }

  void find_references() {
    if (awaited_.empty()) return;
    HugeArray<std::uint64_t> is_awaited((std::uint64_t{e_.snapshot.objects} + 63) / 64);
    for (const auto& [channel, awaited] : awaited_) heap::set_bit(is_awaited, channel.row);
    const heap::Edges& edges = e_.snapshot.edges;
    for (std::uint32_t row = 0; row < e_.snapshot.pointerful; ++row)
      for (const std::uint32_t edge : edges.of(row))
        if (heap::test_bit(is_awaited, edges.target[edge])) add_edge(ObjectId(row), edge);
    for (std::uint32_t r = 0; r < e_.snapshot.roots.size(); ++r) {
      const heap::Root& root = e_.snapshot.roots[r];
      for (std::uint32_t i = 0; i < root.target_count; ++i) {
        const heap::RootTarget& target = e_.snapshot.root_targets[root.first_target + i];
        if (heap::test_bit(is_awaited, target.object.row)) add_root(RootId(r), target);
      }
    }
  }
  void add_edge(ObjectId source, std::uint32_t edge) {
    const ObjectId channel(e_.snapshot.edges.target[edge]);
    if (source == channel || std::ranges::binary_search(records_, source) || !e_.dominators.reachable(source)) return;
    const heap::ObjectType known = e_.snapshot.object_type[source.row];
    const std::uint64_t header = e_.snapshot.spans[e_.names.index().find_span(source).row].header;
    std::uint64_t offset = heap::edge_offset(e_.snapshot.edges, source, edge);
    End end = End::kBoth;
    if (known && offset >= header && known.known_by() < heap::KnownBy::kInferred) {
      offset -= header;
      const std::uint64_t size = e_.snapshot.types[known.type().row].size;
      if (size > 0) end = end_of(e_.snapshot, type_at(e_.snapshot, known.type(), offset % size));
    }
    awaited_[channel].references.push_back({source, end});
  }
  void add_root(RootId id, const heap::RootTarget& target) {
    const heap::Root& root = e_.snapshot.roots[id.row];
    const bool is_typed = root.kind == heap::RootKind::kGlobal && root.type;
    const TypeId type =
        is_typed ? type_at(e_.snapshot, root.type, std::uint64_t{root.type_offset} + target.offset) : TypeId();
    awaited_[target.object].references.push_back({id, end_of(e_.snapshot, type)});
  }

  bool somebody_has_other_end(ObjectId channel, const graph::LeakedGoroutines& found) const {
    const Awaited& awaited = awaited_.at(channel);
    const auto counts = [&](const Reference& reference) {
      if (awaited.is_useless(reference)) return false;
      if (const ObjectId source = reference.from.object()) return !heap::test_bit(found.held, source.row);
      const GoroutineId goroutine = e_.snapshot.roots[reference.from.root().row].goroutine;
      return !goroutine || !std::ranges::binary_search(found.goroutines, goroutine);
    };
    return std::ranges::any_of(awaited.references, counts);
  }

  const Evidence& e_;
  const std::vector<ObjectId> records_;
  std::map<ObjectId, Awaited> awaited_;
};

void add(const Evidence& e, const view::GoroutineGroup& group, const std::vector<GoroutineId>& members,
         const graph::LeakedGoroutines& leaked, std::vector<Suspicion>& out) {
  const auto row = std::ranges::find(e.report.goroutines, group.root, &view::GoroutineRow::root);
  if (row == e.report.goroutines.end()) return;
  std::uint64_t stacks = 0;
  for (const GoroutineId id : members) stacks += e.snapshot.goroutines[id.row].stack.size();
  const std::uint64_t held = graph::held_by_groups(e.snapshot, leaked, std::span(&members, 1)).front().bytes;
  const bool sends = row->wait_reason == WaitReason::kChanSend;
  const view::Sentence because =
      sentence("all others that refer to {} have its {} end only, by the types of the fields: nobody can {}",
               awaited(*row), sends ? "sending" : "receiving", sends ? "receive" : "send or close");
  Suspicion& suspicion = suspect_blocked(e, kDetector, *row, {members.size(), held, stacks}, "for ever", because,
                                         Confidence::kStrong, out);
  suspicion.is_exact = true;
  for (const GoroutineId id : members)
    if (const RootId root = e.snapshot.goroutines[id.row].root) suspicion.removal.nodes.emplace_back(root);
}

void find_one_way(const Evidence& e, std::vector<Suspicion>& out) {
  if (e.snapshot.channel_waits.empty() || !any_type_has_one_end(e.snapshot)) return;
  const auto leaked = Search(e).leaked();
  if (!leaked) return;
  for (const view::GoroutineGroup& group : view::goroutine_groups(e.snapshot, e.dominators, true)) {
    std::vector<GoroutineId> members;
    std::ranges::copy_if(group.members, std::back_inserter(members), [&](GoroutineId id) {
      return std::ranges::binary_search(leaked->goroutines, id) &&
             !std::ranges::binary_search(e.groundwork.leaked().goroutines, id) &&
             e.snapshot.goroutines[id.row].goid != 1;
    });
    if (!members.empty()) add(e, group, members, *leaked, out);
  }
}

}  // namespace

const Detector kDetector = {
    .facts = {.id = "one-way-channels",
              .family = "goroutines",
              .looks_for = "goroutines that wait for a channel of which others have only the wrong end",
              .needs = {.proven = {},
                        .strong = "every reference of those who can act has a type that can only receive, as <-chan, "
                                  "where goroutines wait to receive, or only send; a least fixed point, in which words "
                                  "of unknown types acquit. Package unsafe could still do it",
                        .possible = {}},
              .thresholds = {},
              .change = "keep the end that sends with who sends, and close the channel when nobody will send any more"},
    .run = find_one_way};

}  // namespace holdfast::detect::one_way_channels
