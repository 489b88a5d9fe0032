#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/holders.h"
#include "detect/map_parts.h"
#include "heap/descriptor_types.h"

namespace holdfast::detect::closed_but_held {
namespace {

using view::Confidence;
using view::Container;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kFewest = 10, kMany = 100;  // closed, in one table
constexpr std::uint64_t kLeastShare = 2;            // half of the entries
constexpr std::uint64_t kNearlyAll = 10;            // all but a tenth
constexpr std::size_t kFarthest = 12;               // dominators above a descriptor, those of one list as one
constexpr std::size_t kNear = 4;                    // between an entry and its descriptor
constexpr std::size_t kMostVisited = 1'000'000;     // objects of a table

// What the closed descriptor lies in: the parts of one table count as one step of the way.
struct Step {
  ObjectId below;  // the last object of the way under the table's parts
  ObjectId top;    // the uppermost of the parts
};

// A table with entries that have something closed.
struct Table {
  ObjectId top;
  Container kind = Container::kNone;
  std::vector<ObjectId> entries, descriptors;  // closed, each once
  bool are_direct = true;                      // the entries are connections or files, and no things that have one
  bool are_near = true;
};

class ClosedButHeld {
 public:
  ClosedButHeld(const Evidence& e, std::vector<Suspicion>& out)
      : e_(e), out_(out), bytes_(e.snapshot, e.names.index()), reader_(e.snapshot, bytes_) {}

  void run() {
    std::vector<std::vector<Step>> ways;
    for (const heap::ClosedFile& file : e_.snapshot.closed_files)
      if (e_.dominators.reachable(file.object)) ways.push_back(way_from(file.object));
    if (ways.size() < kFewest) return;
    std::unordered_map<std::uint32_t, std::uint64_t> closed_below;
    for (const auto& way : ways)
      for (const Step& step : way) ++closed_below[step.top.row];
    for (const auto& way : ways) {
      const auto found =
          std::ranges::find_if(way, [&](const Step& step) { return closed_below[step.top.row] >= kFewest; });
      if (found != way.end()) add_to_table(way, static_cast<std::size_t>(found - way.begin()));
    }
    for (Table& table : joined()) judge(table);
  }

 private:
  TypeId type_of(ObjectId object) const { return e_.snapshot.object_type[object.row].type(); }
  std::string_view type_name(ObjectId object) const {
    const TypeId type = type_of(object);
    return type ? e_.snapshot.strings[e_.snapshot.types[type.row].name] : std::string_view();
  }

  // Whether both are parts of one table, or nodes of one list.
  bool are_one(ObjectId above, ObjectId below) const {
    const Container kind = e_.names.container(below);
    if (kind != e_.names.container(above)) return false;
    if (kind == Container::kMap) return !e_.names.is_header(below);
    return kind != Container::kNone || (type_of(above) && type_of(above) == type_of(below));
  }
  // The uppermost of what the object is one with. A list may be long, so what was found is kept for all on the way.
  ObjectId top_of(ObjectId object) {
    std::vector<ObjectId> seen;
    for (;;) {
      if (const auto known = tops_.find(object.row); known != tops_.end()) {
        object = known->second;
        break;
      }
      seen.push_back(object);
      const ObjectId above = e_.dominators.idom(object).object();
      if (!above || !are_one(above, object)) break;
      object = above;
    }
    for (const ObjectId each : seen) tops_[each.row] = object;
    return object;
  }
  std::vector<Step> way_from(ObjectId descriptor) {
    std::vector<Step> way;
    ObjectId below = descriptor;
    while (way.size() < kFarthest) {
      const ObjectId above = e_.dominators.idom(below).object();
      if (!above) break;
      way.push_back({below, top_of(above)});
      below = way.back().top;
    }
    return way;
  }

  // Small tables in one thing, as the shards of a map, count together.
  void add_to_table(const std::vector<Step>& way, std::size_t at) {
    const ObjectId top = way[at].top;
    Container kind = e_.names.container(top);
    ObjectId entry = way[at].below;
    if (e_.names.is_container(entry) && kind == Container::kNone && at > 0) {
      kind = e_.names.container(entry);
      entry = way[--at].below;
    }
    while (is_box(entry) && at > 0) entry = way[--at].below;
    if (!type_of(entry) || e_.names.is_container(entry)) return;
    Table& table = tables_[top];
    table.top = top;
    table.kind = kind;
    table.entries.push_back(entry);
    table.descriptors.push_back(way.front().below);
    table.are_near = table.are_near && at < kNear;
    for (std::size_t i = 0; i <= at; ++i) table.are_direct = table.are_direct && is_of_library(way[i].below);
  }
  // What a table keeps an interface in, as sync.Map up to Go 1.23, or several things under one key.
  bool is_box(ObjectId object) const { return type_of(object) && is_bare(type_of(object)); }
  bool is_bare(TypeId type) const {
    const heap::TypeKind kind = e_.snapshot.types[type.row].kind;
    return kind == heap::TypeKind::kPointer || kind == heap::TypeKind::kInterface;
  }
  // A connection or a file of the standard library, or a part of one.
  bool is_of_library(ObjectId object) const {
    const std::string_view name = type_name(object);
    return name.starts_with("net.") || name.starts_with("os.") || name.starts_with("crypto/tls.");
  }

  // Tables at one place, as the shards of a map, are one.
  std::vector<Table> joined() {
    std::map<std::vector<std::string>, Table> by_place;
    for (auto& [top, table] : tables_) {
      if (e_.names.type_rules().is_pool(table.kind)) continue;
      Table& joined = by_place[e_.places.place_of(top).identity];
      if (!joined.top) joined = {.top = top, .kind = table.kind, .entries = {}, .descriptors = {}};
      joined.entries.insert(joined.entries.end(), table.entries.begin(), table.entries.end());
      joined.descriptors.insert(joined.descriptors.end(), table.descriptors.begin(), table.descriptors.end());
      joined.are_direct = joined.are_direct && table.are_direct;
      joined.are_near = joined.are_near && table.are_near;
      tops_of_place_[joined.top].push_back(top);
    }
    std::vector<Table> out;
    for (auto& [place, table] : by_place) {
      std::ranges::sort(table.entries);
      table.entries.erase(std::ranges::unique(table.entries).begin(), table.entries.end());
      out.push_back(std::move(table));
    }
    return out;
  }

  // All things that the table has of the types of those with something closed, whoever else has them.
  std::uint64_t entries_of(const Table& table) const {
    std::set<TypeId> types;
    for (const ObjectId entry : table.entries) types.insert(type_of(entry));
    std::unordered_set<std::uint32_t> seen;
    std::uint64_t count = 0;
    std::vector<ObjectId> open = tops_of_place_.at(table.top);
    const std::vector<ObjectId> tops = open;
    while (!open.empty() && seen.size() < kMostVisited) {
      const ObjectId object = open.back();
      open.pop_back();
      if (object.row >= e_.snapshot.pointerful) continue;
      for (const std::uint32_t edge : e_.snapshot.edges.of(object.row)) {
        const ObjectId target(e_.snapshot.edges.target[edge]);
        const bool is_entry = types.contains(type_of(target));
        const bool is_part = table.kind != Container::kNone ? e_.names.container(target) == table.kind || is_box(target)
                                                            : type_of(target) && type_of(target) == type_of(table.top);
        if ((!is_entry && !is_part) || !seen.insert(target.row).second) continue;
        if (is_entry) ++count;
        if (is_part) open.push_back(target);
      }
    }
    return count;
  }

  void judge(const Table& table) {
    const std::uint64_t closed = table.entries.size();
    if (closed < kFewest || table.descriptors.size() < closed) return;
    const std::uint64_t all = std::max(entries_of(table), closed);
    if (closed * kLeastShare < all) return;
    std::vector<ObjectId> parts = table.entries;
    const bool are_keys = add_other_halves(table, parts);
    add(table, all, parts, is_strong(table, all, are_keys) ? Confidence::kStrong : Confidence::kPossible);
  }

  // Of entries of a map, what else only the entry keeps is appended: the element of a key, the key of an element.
  // Returns whether most of the entries are keys.
  bool add_other_halves(const Table& table, std::vector<ObjectId>& parts) {
    std::uint64_t keys = 0;
    for (const ObjectId header : tops_of_place_.at(table.top)) {
      const TypeId map = e_.names.is_header(header) ? map_of_header(e_.snapshot, header) : TypeId();
      const view::MapSlots* const slots = map ? reader_.slots_of(map) : nullptr;
      if (slots == nullptr) continue;
      for (const ObjectId part : tables_of(e_.snapshot, e_.dominators, header))
        keys += add_halves_of_part(part, *slots, table.entries, parts);
    }
    std::ranges::sort(parts);
    parts.erase(std::ranges::unique(parts).begin(), parts.end());
    return keys * 2 > table.entries.size();
  }
  std::uint64_t add_halves_of_part(ObjectId part, const view::MapSlots& slots, const std::vector<ObjectId>& entries,
                                   std::vector<ObjectId>& parts) const {
    std::map<std::uint64_t, std::vector<ObjectId>> only_here;  // by slot
    std::set<std::uint64_t> closed;                            // slots
    std::uint64_t keys = 0;
    for_each_slot_pointer(e_.names, slots, part,
                          [&](std::uint32_t edge, std::uint64_t slot, bool is_key, std::uint64_t) {
                            const ObjectId target(e_.snapshot.edges.target[edge]);
                            if (e_.dominators.idom(target) == graph::NodeId(part)) only_here[slot].push_back(target);
                            if (!std::ranges::binary_search(entries, target)) return;
                            if (is_key) ++keys;
                            closed.insert(slot);
                          });
    for (const std::uint64_t slot : closed)
      if (const auto found = only_here.find(slot); found != only_here.end())
        parts.insert(parts.end(), found->second.begin(), found->second.end());
    return keys;
  }

  // What is closed is never opened again, so nobody wants a table of that, but for the names of files. A thing that has
  // a connection may get a new one, or lie in a list of what is free.
  bool is_strong(const Table& table, std::uint64_t all, bool are_keys) const {
    const std::uint64_t closed = table.entries.size();
    if (closed < kMany || table.kind == Container::kChannel || !is_held_for_long(e_, table.top)) return false;
    const bool are_files = is_file(table.descriptors.front()), is_list = table.kind == Container::kNone;
    if (table.are_direct && are_bare(table, are_keys)) return !is_list || !are_files;
    return table.are_near && !are_files && !is_list && (are_keys || (all - closed) * kNearlyAll <= all);
  }
  // Whether the table has pointers to them, or interfaces with such, and no structures with one.
  bool are_bare(const Table& table, bool are_keys) const {
    TypeId slot = type_of(table.top);
    if (table.kind == Container::kMap) {
      const TypeId map = e_.names.is_header(table.top) ? map_of_header(e_.snapshot, table.top) : TypeId();
      slot = !map ? TypeId() : are_keys ? e_.snapshot.types[map.row].key : e_.snapshot.types[map.row].elem;
    } else if (table.kind != Container::kNone) {
      return true;
    }
    return slot && is_bare(slot);
  }
  bool is_file(ObjectId descriptor) const { return type_name(descriptor) == "os.file"; }

  void add(const Table& table, std::uint64_t all, const std::vector<ObjectId>& parts, Confidence confidence) {
    view::HoldingPlace place = e_.places.place_of(table.top);
    const std::string_view what = is_file(table.descriptors.front()) ? "file" : "connection";
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity}, confidence);
    suspicion.removal.nodes.assign(parts.begin(), parts.end());
    suspicion.is_danger = table.entries.size() >= kMany;
    Finding& finding = suspicion.finding;
    for (const ObjectId part : parts) finding.bytes += e_.dominators.retained_bytes(part);
    finding.exclusive_bytes = finding.bytes;
    finding.count = table.entries.size();
    finding.chain = std::move(place.chain);
    const std::string kind(e_.names.type_rules().name(table.kind));
    const view::Sentence where = kind.empty() ? sentence("{}", place.text) : sentence("the {} {}", kind, place.text);
    if (table.are_direct)
      finding.title =
          sentence("{} of {} in {} are closed", format_count(finding.count), format_count(all, what), where);
    else
      finding.title = sentence("{} of {} × {} in {} have a closed {}", format_count(finding.count), format_count(all),
                               view::named(e_.names.type_of(table.entries.front())), where, what);
    finding.because = sentence("their descriptors say that Close was called, and nothing else leads to them");
    finding.fix = sentence("delete the entry where Close is called{}",
                           table.are_direct ? "" : fmt::format("; if it is to stay, set its {} to nil", what));
    take_places(e_, parts, finding);
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
  view::TargetBytes bytes_;
  view::MapReader reader_;
  std::unordered_map<std::uint32_t, ObjectId> tops_;         // of what was asked
  std::map<ObjectId, Table> tables_;                         // by their top
  std::map<ObjectId, std::vector<ObjectId>> tops_of_place_;  // by that of the joined table
};

// Finds tables whose connections or files were closed and have stayed.
void find_closed(const Evidence& evidence, std::vector<Suspicion>& out) {
  ClosedButHeld(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"100 that were closed, or 10 with 1 MiB or 1 % of the live bytes", "a few may be about to be deleted"},
    {"half of what the table has of their type",
     "a table with a few closed ones among many may be cleaned up now and then"},
    {"nine tenths, for a strong one of things that have a connection and are no keys",
     "a device that is out of reach may wait in a table for its next connection"}};

const Detector kDetector = {
    .facts = {.id = "closed-but-held",
              .family = "maps and caches",
              .looks_for = "connections and files that were closed, and that a table still has",
              .needs = {.proven = {},
                        .strong = "the descriptors of most of a table's connections say that they were closed, and "
                                  "nothing but the table leads to them",
                        .possible =
                            "the same of a few; of things in lists, which may be kept for later; of things that "
                            "have a file, whose name may be of use; and of tables that may not last"},
              .thresholds = kThresholds,
              .change = "delete the entry where Close is called"},
    .run = find_closed};

}  // namespace holdfast::detect::closed_but_held
