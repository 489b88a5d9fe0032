#include "detect/findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/hash.h"
#include "base/units.h"
#include "heap/field_path.h"
#include "heap/plumbing.h"
#include "view/holders.h"
#include "view/labels.h"
#include "view/words.h"

namespace holdfast::detect {
namespace {

using view::Confidence;
using view::Finding;
using view::GoroutineRow;
using view::Holder;
using view::kNoCollection;
using view::name_of;
using view::Names;
using view::Place;
using view::place_of;
using view::Report;
using view::root_text;
using view::short_type;
using view::TypeTotals;

constexpr std::uint64_t kLong = 60 * std::uint64_t{1'000'000'000};  // ns of waiting
constexpr std::uint64_t kSmallest = 1 << 20;                        // bytes; and at least 1 % of the live ones
// Large maps have tables of 1,024 slots (Go 1.24+) or one array of buckets; smaller objects belong to small maps.
constexpr std::uint64_t kLargeTable = 4096;
constexpr std::size_t kMostFindings = 20;

// The same for the same place in the program, whatever the run, the host and the numbers are.
std::string fingerprint(std::string_view id, std::string_view place) {
  return fmt::format("{:016x}", Hasher().add(id).add("|").add(place).value());
}

std::string duration(std::uint64_t ns) {
  return format_seconds(static_cast<double>(ns) / 1e9);
}

class Findings {
 public:
  Findings(const Names& names, const graph::Dominators& dominators, const Report& report)
      : names_(names),
        snapshot_(names.snapshot()),
        dominators_(dominators),
        report_(report),
        live_(report.heap.reachable_bytes),
        smallest_(std::max(kSmallest, live_ / 100)) {}

  std::vector<Finding> run() {
    add_goroutines();
    add_globals();
    add_finalizers();
    add_garbage();
    add_arrays();
    add_maps();
    std::stable_sort(out_.begin(), out_.end(), [](const Finding& a, const Finding& b) { return a.bytes > b.bytes; });
    if (out_.size() > kMostFindings) out_.resize(kMostFindings);
    return std::move(out_);
  }

 private:
  Finding& add(const char* id, const std::string& place, Confidence confidence) {
    Finding& finding = out_.emplace_back();
    finding.id = id;
    finding.fault = place;
    finding.confidence = confidence;
    finding.fingerprint = fingerprint(id, place);
    return finding;
  }

  // Chain and allocation of the holder whose chain begins with the root, if it is one of the large ones.
  void take_holder(Finding& finding, RootId root) const {
    for (const Holder& holder : report_.holders) {
      if (holder.chain.empty() || holder.chain.front().node != graph::NodeId(root)) continue;
      finding.chain = holder.chain;
      finding.allocated_at = holder.allocated_at;
      return;
    }
  }

  void add_goroutines() {
    for (const GoroutineRow& row : report_.goroutines) {
      const bool leaked = row.leaked();
      const std::string_view reason = name_of(row.wait_reason);
      const bool stuck = row.count > 1 && row.longest_waiting_ns >= kLong && waits_for_others(row.wait_reason) &&
                         row.retained_bytes + row.stack_bytes >= smallest_;
      if (!leaked && !stuck) continue;
      Finding& finding = add(leaked ? "goroutine-leak" : "goroutines-blocked", fmt::format("{} at {}", reason, row.top),
                             leaked ? Confidence::kProven : Confidence::kObserved);
      finding.bytes = finding.exclusive_bytes = row.retained_bytes;
      finding.count = row.count;
      finding.title = fmt::format(
          "{} {} blocked in {} at {} {}", format_count(row.count), row.count == 1 ? "goroutine" : "goroutines", reason,
          row.top, leaked ? "for ever" : fmt::format("for at least {}", duration(row.longest_waiting_ns)));
      finding.because = leaked ? "the runtime's leak profile found that nothing that can still run refers to what they "
                                 "wait for"
                               : "all stand at one place; the time is of the one that waits longest";
      finding.because += fmt::format("; they hold {} and their stacks take {}", format_bytes(row.retained_bytes),
                                     format_bytes(row.stack_bytes));
      if (!row.created_by.empty()) finding.because += fmt::format("; created by {}", row.created_by);
      finding.fix = fmt::format(
          "let the wait at {} end: by a partner that always comes, room in the channel, or a "
          "context that is cancelled",
          row.top);
      take_holder(finding, row.root);
    }
  }

  // Not waiting for the network, a timer or work of the runtime's own, which may rightly take as long as it takes.
  static bool waits_for_others(WaitReason reason) {
    static constexpr std::array kReasons = {
        WaitReason::kChanSend,           WaitReason::kChanReceive, WaitReason::kChanSendNilChan,
        WaitReason::kChanReceiveNilChan, WaitReason::kSelect,      WaitReason::kSelectNoCases,
        WaitReason::kSemacquire,         WaitReason::kCondWait,    WaitReason::kMutexLock,
        WaitReason::kRwMutexRLock,       WaitReason::kRwMutexLock, WaitReason::kWaitGroupWait};
    return std::find(kReasons.begin(), kReasons.end(), reason) != kReasons.end();
  }

  void add_globals() {
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      if (root.parent || root.kind != heap::RootKind::kGlobal) continue;
      const RootId node(r);
      const std::uint64_t bytes = dominators_.retained_bytes(node);
      if (bytes < smallest_ || bytes < live_ / 2) continue;
      const std::string name = root_text(snapshot_, root);
      Finding& finding = add("one-global", name, Confidence::kProven);
      finding.bytes = finding.exclusive_bytes = bytes;
      finding.count = dominators_.retained_count(node);
      finding.title = fmt::format("{} alone keeps {} of the live bytes alive", name, format_share(bytes, live_));
      finding.because =
          fmt::format("every way from a root to these {} objects leads through it", format_count(finding.count));
      finding.fix =
          fmt::format("if it should not grow so: remove from {} what is done with, bound it, or let it expire", name);
      take_holder(finding, node);
    }
  }

  // Finalizers and cleanups wait while the goroutine that runs them is blocked in one.
  void add_finalizers() {
    struct Queue {
      heap::RootKind kind;
      std::array<std::string_view, 2> loops;
      const char* what;
    };
    static constexpr std::array kQueues = {
        Queue{heap::RootKind::kFinalizerQueue, {"runtime.runfinq", "runtime.runFinalizers"}, "finalizers"},
        Queue{heap::RootKind::kCleanupQueue, {"runtime.runCleanups", "runtime.runCleanups"}, "cleanups"}};
    for (const Queue& queue : kQueues) {
      std::uint64_t waiting = 0, bytes = 0;
      RootId group;
      for (const heap::Root& root : snapshot_.roots) {
        if (root.kind != queue.kind) continue;
        ++waiting;
        group = root.parent;
      }
      const heap::Goroutine* blocked = waiting > 0 ? blocked_under(queue.loops) : nullptr;
      if (blocked == nullptr) continue;
      if (group) bytes = dominators_.retained_bytes(group);
      const std::string top = names_.top_frame(*blocked);
      const bool is_long = blocked->waiting_ns.value_or(0) >= kLong;
      Finding& finding = add("finalizers-wait", top, is_long ? Confidence::kProven : Confidence::kObserved);
      finding.bytes = finding.exclusive_bytes = bytes;
      finding.count = waiting;
      finding.title =
          fmt::format("{} {} are due, and the one that runs is blocked at {}", format_count(waiting), queue.what, top);
      finding.because = fmt::format("goroutine {}, which runs them one by one, is in {}", blocked->goid,
                                    name_of(blocked->wait_reason));
      if (blocked->waiting_ns) finding.because += fmt::format(" for at least {}", duration(*blocked->waiting_ns));
      finding.fix = fmt::format("do not wait in a finalizer or cleanup: let {} start a goroutine for that", top);
    }
  }

  const heap::Goroutine* blocked_under(std::span<const std::string_view> loops) const {
    for (const heap::Goroutine& goroutine : snapshot_.goroutines) {
      if (goroutine.state != heap::GoroutineState::kWaiting && goroutine.state != heap::GoroutineState::kLeaked)
        continue;
      const heap::Frame* top = heap::first_user_frame(snapshot_, goroutine.first_frame, goroutine.frame_count);
      if (top == nullptr || heap::is_plumbing(snapshot_.strings[top->function])) continue;
      for (std::uint32_t f = goroutine.first_frame; f < goroutine.first_frame + goroutine.frame_count; ++f)
        if (std::find(loops.begin(), loops.end(), snapshot_.strings[snapshot_.frames[f].function]) != loops.end())
          return &goroutine;
    }
    return nullptr;
  }

  void add_garbage() {
    const std::uint64_t garbage = report_.heap.bytes - live_;
    if (snapshot_.account.next_gc < kNoCollection || garbage < smallest_) return;
    Finding& finding = add("collector-off", "GOGC", Confidence::kProven);
    finding.bytes = garbage;
    finding.count = report_.heap.objects - report_.heap.reachable_objects;
    finding.title = fmt::format("{} of garbage wait for a collection that does not come", format_bytes(garbage));
    finding.because = "the collector is switched off (GOGC=off) and there is no memory limit that would start it";
    finding.fix = "set GOGC or GOMEMLIMIT, or call runtime.GC where the program can afford it";
  }

  // Backing arrays of pointers, of which few are set.
  void add_arrays() {
    constexpr std::uint64_t kLargeSpan = 64 << 10;
    for (const heap::Span& span : snapshot_.spans) {
      if (!span.has_pointers || span.slot_size < std::max(kLargeSpan, smallest_)) continue;
      for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row) {
        const ObjectId object(row);
        const heap::ObjectType known = snapshot_.object_type[row];
        if (!known || !dominators_.reachable(object) || !always_points(known.type())) continue;
        const std::uint64_t room = (span.slot_size - span.header) / 8;
        const std::uint64_t used = snapshot_.edges.row_begin[row + 1] - snapshot_.edges.row_begin[row];
        const std::uint64_t spare = (room - used) * 8;
        if (used * 4 >= room || spare < smallest_) continue;
        const Place place = place_of(names_, dominators_, object);
        Finding& finding = add("sparse-array", place.text, Confidence::kObserved);
        finding.bytes = finding.exclusive_bytes = spare;
        finding.count = 1;
        finding.chain = place.chain;
        finding.title =
            fmt::format("{} of {} elements of a {} in {} refer to nothing on the heap", format_count(room - used),
                        format_count(room), short_type(names_.type_of(object)), place.text);
        finding.because =
            fmt::format("of the {} words of the object {} point to something", format_count(room), format_count(used));
        finding.fix = "if it was that full once: copy what is in use to a new slice; if it was made so: ask for less";
      }
    }
  }

  bool always_points(TypeId type) const {
    const heap::Kind kind = snapshot_.types[type.row].kind;
    return kind == heap::Kind::kPointer || kind == heap::Kind::kMap || kind == heap::Kind::kChan;
  }

  static bool has_slots(heap::TypeRole role) {
    return role == heap::TypeRole::kMapGroup || role == heap::TypeRole::kMapBucket;
  }

  // A group or bucket of a map whose elements are pointers: how its slots lie.
  struct Slots {
    std::uint64_t first = 0, stride = 0;  // of the elements
    std::uint64_t group = 0;              // bytes of eight slots and what belongs to them
  };
  std::optional<Slots> slots_of(const heap::Type& group) const {
    if (group.kind != heap::Kind::kStruct || group.size == 0) return std::nullopt;
    for (std::uint32_t f = group.first_field; f < group.first_field + group.field_count; ++f) {
      const heap::Field& field = snapshot_.fields[f];
      const std::string_view name = snapshot_.strings[field.name];
      if ((name != "slots" && name != "elems") || !field.type) continue;
      const heap::Type& array = snapshot_.types[field.type.row];
      if (array.kind != heap::Kind::kArray || array.count != 8 || !array.elem) continue;
      const heap::Type& slot = snapshot_.types[array.elem.row];
      if (name == "elems")
        return always_points(array.elem) ? std::optional(Slots{field.offset, slot.size, group.size}) : std::nullopt;
      for (std::uint32_t s = slot.first_field; s < slot.first_field + slot.field_count; ++s) {
        const heap::Field& elem = snapshot_.fields[s];
        if (snapshot_.strings[elem.name] == "elem" && elem.type && always_points(elem.type))
          return Slots{field.offset + elem.offset, slot.size, group.size};
      }
    }
    return std::nullopt;
  }

  struct Fill {
    std::uint64_t slots = 0, used = 0, bytes = 0;
  };

  // Maps that keep tables for many more entries than they have, as after deletes.
  void add_maps() {
    std::uint64_t bytes = 0;
    for (const TypeTotals& row : report_.types)
      if (has_slots(row.role)) bytes += row.bytes;
    if (bytes < smallest_) return;
    std::vector<std::optional<Slots>> slots(snapshot_.types.size());
    for (std::size_t t = 0; t < slots.size(); ++t)
      if (has_slots(snapshot_.types[t].role)) slots[t] = slots_of(snapshot_.types[t]);
    // Only what has a large table can be worth a word; then its small parts count, too.
    std::unordered_map<std::uint32_t, Fill> by_map;
    for_each_table(slots, true,
                   [&](ObjectId table, const Slots& of) { count_slots(table, of, by_map[header_of(table).row]); });
    std::erase_if(by_map, [](const auto& map) { return !is_sparse(map.second); });
    if (by_map.empty()) return;
    for_each_table(slots, false, [&](ObjectId table, const Slots& of) {
      const auto map = by_map.find(header_of(table).row);
      if (map != by_map.end()) count_slots(table, of, map->second);
    });
    std::vector<std::pair<std::uint32_t, Fill>> maps(by_map.begin(), by_map.end());
    std::sort(maps.begin(), maps.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (const auto& [row, fill] : maps) add_map(ObjectId(row), fill);
  }

  template <typename Visit>
  void for_each_table(const std::vector<std::optional<Slots>>& slots, bool large, const Visit& visit) const {
    for (const heap::Span& span : snapshot_.spans) {
      if (!span.has_pointers || (span.slot_size >= kLargeTable) != large) continue;
      for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row) {
        const heap::ObjectType known = snapshot_.object_type[row];
        if (known && slots[known.type().row] && dominators_.reachable(ObjectId(row)))
          visit(ObjectId(row), *slots[known.type().row]);
      }
    }
  }

  // A map that only grew is more than two fifths full.
  static bool is_sparse(const Fill& fill) { return fill.used * 8 < fill.slots; }

  // The outermost object of the map that the container belongs to.
  ObjectId header_of(ObjectId container) const {
    for (ObjectId object = container;;) {
      const ObjectId above = dominators_.idom(object).object();
      if (!above || !names_.is_container(snapshot_.object_type[above.row].type())) return object;
      object = above;
    }
  }

  void count_slots(ObjectId object, const Slots& slots, Fill& fill) const {
    const heap::Span& span = snapshot_.spans[names_.index().find_span(object).row];
    fill.bytes += span.slot_size;
    fill.slots += (span.slot_size - span.header) / slots.group * 8;
    const heap::Edges& edges = snapshot_.edges;
    const std::uint32_t begin = edges.row_begin[object.row], end = edges.row_begin[object.row + 1];
    std::uint64_t at = 0;
    for (std::uint32_t e = begin; e < end; ++e) {
      at = edges.step[e] == 255 ? heap::edge_offset(edges, object, e) : at + edges.step[e] * std::uint64_t{8};
      if (at < span.header) continue;
      const std::uint64_t in_group = (at - span.header) % slots.group;
      if (in_group >= slots.first && (in_group - slots.first) % slots.stride == 0 &&
          (in_group - slots.first) / slots.stride < 8)
        ++fill.used;
    }
  }

  void add_map(ObjectId header, const Fill& fill) {
    if (!is_sparse(fill)) return;
    const std::uint64_t spare = fill.bytes / fill.slots * (fill.slots - fill.used);
    if (spare < smallest_) return;
    const Place place = place_of(names_, dominators_, header);
    Finding& finding = add("sparse-map", place.text, Confidence::kObserved);
    finding.bytes = finding.exclusive_bytes = spare;
    finding.count = 1;
    finding.chain = place.chain;
    finding.title = fmt::format("the map {} has room for {} entries; {} of them refer to anything on the heap",
                                place.text, format_count(fill.slots), format_count(fill.used));
    finding.because =
        fmt::format("its tables take {}; maps do not shrink when entries are deleted", format_bytes(fill.bytes));
    finding.fix = "if entries were deleted: copy what is left to a new map; if it was made so: ask for less";
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const Report& report_;
  std::uint64_t live_;
  std::uint64_t smallest_;
  std::vector<Finding> out_;
};

}  // namespace

std::vector<Finding> find_findings(const heap::Snapshot& snapshot, const graph::Dominators& dominators,
                                   const Report& report) {
  const heap::ObjectIndex index(snapshot);
  const Names names(snapshot, index);
  return Findings(names, dominators, report).run();
}

}  // namespace holdfast::detect
