#include <algorithm>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/map_parts.h"
#include "view/edge_places.h"

namespace holdfast::detect::dead_keys {
namespace {

using heap::TypeKind;
using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kLeastDead = 1'000;
constexpr std::uint64_t kLeastShare = 2;  // half of the keys
constexpr std::uint64_t kLeastNaN = 1'000;
constexpr int kDeepestKey = 8;
constexpr std::size_t kLongestWay = 256;  // dominators that are followed from who else refers to a key

// Where values of the type have pointers that are compared as such: to an object that nobody has, no equal one can be
// made. Offsets; strings and what is in interfaces are compared by what they hold. A handle of package unique is made
// anew from its value.
void add_identities(const heap::Snapshot& s, TypeId id, std::uint64_t at, int depth, std::vector<std::uint64_t>& out) {
  if (!id || depth > kDeepestKey) return;
  const heap::Type& type = s.types[id.row];
  const std::string_view name = s.strings[type.name];
  if (name.starts_with("unique.Handle[") || name.starts_with("weak.Pointer[")) return;
  if (type.kind == TypeKind::kPointer || type.kind == TypeKind::kChan || type.kind == TypeKind::kUnsafePointer) {
    out.push_back(at);
  } else if (type.kind == TypeKind::kStruct) {
    for (std::uint32_t f = type.first_field; f < type.first_field + type.field_count; ++f)
      add_identities(s, s.fields[f].type, at + s.fields[f].offset, depth + 1, out);
  } else if (type.kind == TypeKind::kArray && type.elem) {
    for (std::uint64_t i = 0; i < std::min<std::uint64_t>(type.count, kDeepestKey); ++i)
      add_identities(s, type.elem, at + i * s.types[type.elem.row].size, depth + 1, out);
  }
}

// A key that only the map's own table keeps alive, as the dominators say.
struct Key {
  ObjectId object, table;
  std::uint32_t map = 0;       // row of `maps`
  ObjectId element;            // what its entry's element refers to, and only the table keeps; none if there is none
  bool is_held_aside = false;  // something else in the map leads to it
};

struct Map {
  const heap::MapFill* fill = nullptr;
  std::vector<ObjectId> dead, elements;
};

class DeadKeys {
 public:
  DeadKeys(const Evidence& e, std::vector<Suspicion>& out)
      : e_(e), out_(out), bytes_(e.snapshot, e.names.index()), reader_(e.snapshot, bytes_) {}

  void run() {
    for (const heap::MapFill& fill : e_.snapshot.map_fills)
      if (fill.entries >= kLeastDead && e_.dominators.reachable(fill.header)) add_keys(fill);
    if (keys_.size() < kLeastDead) return;
    std::ranges::sort(keys_, {}, &Key::object);
    look_who_else_leads_to_them();
    for (const Key& key : keys_) {
      if (key.is_held_aside) continue;
      Map& map = maps_[key.map];
      map.dead.push_back(key.object);
      if (key.element) map.elements.push_back(key.element);
    }
    for (const Map& map : maps_) judge(map);
  }

 private:
  void add_keys(const heap::MapFill& fill) {
    const TypeId type = map_of_header(e_.snapshot, fill.header);
    std::vector<std::uint64_t> identities;
    if (type) add_identities(e_.snapshot, e_.snapshot.types[type.row].key, 0, 0, identities);
    const view::MapSlots* const slots = identities.empty() ? nullptr : reader_.slots_of(type);
    if (slots == nullptr || slots->key_outside) return;
    const auto map = static_cast<std::uint32_t>(maps_.size());
    maps_.push_back({&fill, {}, {}});
    for (const ObjectId table : tables_of(e_.snapshot, e_.dominators, fill.header))
      add_table(table, map, *slots, identities);
  }

  void add_table(ObjectId table, std::uint32_t map, const view::MapSlots& slots,
                 const std::vector<std::uint64_t>& identities) {
    const std::size_t first = keys_.size();
    std::vector<std::pair<std::uint64_t, ObjectId>> elements;  // by slot
    std::vector<std::uint64_t> slot_of_key;
    for_each_slot_pointer(e_.names, slots, table,
                          [&](std::uint32_t edge, std::uint64_t slot, bool is_key, std::uint64_t offset) {
                            const ObjectId target(e_.snapshot.edges.target[edge]);
                            if (e_.dominators.idom(target) != graph::NodeId(table)) return;
                            if (!is_key) {
                              elements.emplace_back(slot, target);
                            } else if (std::ranges::find(identities, offset) != identities.end() &&
                                       (slot_of_key.empty() || slot_of_key.back() != slot)) {
                              keys_.push_back({target, table, map, {}, false});
                              slot_of_key.push_back(slot);
                            }
                          });
    mark_held_by_elements(first, slot_of_key, elements);
    std::ranges::sort(elements);
    for (std::size_t i = 0; i < slot_of_key.size(); ++i) {
      const auto found =
          std::ranges::lower_bound(elements, slot_of_key[i], {}, [](const auto& pair) { return pair.first; });
      if (found != elements.end() && found->first == slot_of_key[i]) keys_[first + i].element = found->second;
    }
  }

  // The element of another entry may be the key itself, as of a map from children to parents.
  void mark_held_by_elements(std::size_t first, const std::vector<std::uint64_t>& slot_of_key,
                             std::vector<std::pair<std::uint64_t, ObjectId>>& elements) {
    std::ranges::sort(elements, {}, &std::pair<std::uint64_t, ObjectId>::second);
    for (std::size_t i = 0; i < slot_of_key.size(); ++i) {
      Key& key = keys_[first + i];
      for (const auto& [slot, target] :
           std::ranges::equal_range(elements, key.object, {}, &std::pair<std::uint64_t, ObjectId>::second))
        key.is_held_aside = key.is_held_aside || slot != slot_of_key[i];
    }
  }

  // One table has many entries, and what another entry holds may lead to a key as well: then it can be found again.
  void look_who_else_leads_to_them() {
    std::vector<bool> is_key(e_.snapshot.objects);
    for (const Key& key : keys_) is_key[key.object.row] = true;
    view::for_each_edge(
        e_.snapshot, [&](ObjectId source) { return e_.dominators.reachable(source); },
        [&](ObjectId source, const heap::Span&, std::uint32_t edge, std::uint64_t) {
          const ObjectId target(e_.snapshot.edges.target[edge]);
          if (!is_key[target.row]) return;
          auto [from, to] = std::ranges::equal_range(keys_, target, {}, &Key::object);
          for (; from != to; ++from)
            from->is_held_aside = from->is_held_aside || is_from_aside(*from, source, to - from);
        });
  }

  // `same` entries have the key object: more than one means that another key of the map holds it.
  bool is_from_aside(const Key& key, ObjectId source, std::ptrdiff_t same) const {
    if (same > 1) return true;
    if (source == key.table) return false;  // elements there were looked at
    graph::NodeId node = source;
    for (std::size_t steps = 0; steps < kLongestWay && node.object(); ++steps, node = e_.dominators.idom(node)) {
      if (node.object() == key.object || (key.element && node.object() == key.element)) return false;
      if (node.object() == key.table) return true;
    }
    return true;
  }
  void judge(const Map& map) {
    if (map.dead.size() < kLeastDead || map.dead.size() * kLeastShare < map.fill->entries) return;
    std::uint64_t bytes = 0;
    for (const ObjectId object : map.dead) bytes += e_.dominators.retained_bytes(object);
    for (const ObjectId object : map.elements) bytes += e_.dominators.retained_bytes(object);
    if (bytes < e_.smallest) return;
    add(map, bytes);
  }

  // What is only there to be walked over has no elements to speak of; what is looked up is held by those who do so.
  bool is_looked_up(const Map& map) const {
    const TypeId type = map_of_header(e_.snapshot, map.fill->header);
    const TypeId elem = e_.snapshot.types[type.row].elem;
    const bool is_set =
        !elem || e_.snapshot.types[elem.row].size == 0 || e_.snapshot.types[elem.row].kind == TypeKind::kBool;
    return !is_set && map.dead.size() < map.fill->entries;
  }

  void add(const Map& map, std::uint64_t bytes) {
    const view::HoldingPlace place = e_.places.place_of(map.fill->header);
    const std::uint64_t others = map.fill->entries - std::min<std::uint64_t>(map.fill->entries, map.dead.size());
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity},
                                   is_looked_up(map) ? Confidence::kStrong : Confidence::kPossible);
    suspicion.removal.nodes.assign(map.dead.begin(), map.dead.end());
    suspicion.removal.nodes.insert(suspicion.removal.nodes.end(), map.elements.begin(), map.elements.end());
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = bytes;
    finding.count = map.dead.size();
    finding.chain = place.chain;
    finding.title = sentence("{} of {} in the map {} can never be looked up again: nobody has their keys",
                             format_count(map.dead.size()), format_count(map.fill->entries, "entry"), place.text);
    finding.because = sentence(
        "the keys are compared by address, and nothing but the map leads to {} of them{}; only a loop over the map "
        "still finds these",
        format_count(map.dead.size()),
        others == 0 ? std::string() : fmt::format(", while others have {}", format_count(others)));
    finding.fix =
        sentence("delete the entry when its key is done with, as with defer, or use a key that can be made again");
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
  view::TargetBytes bytes_;
  view::MapReader reader_;
  std::vector<Map> maps_;
  std::vector<Key> keys_;
};

// A NaN equals no key, nor itself: each assignment makes an entry more.
void add_map_with_nan(const Evidence& e, const heap::MapFill& fill, std::vector<Suspicion>& out) {
  const std::uint64_t dead = std::min(*fill.nan_keys, fill.entries);
  const view::HoldingPlace place = e.places.place_of(fill.header);
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity}, Confidence::kProven);
  suspicion.removal.nodes = {fill.header};
  suspicion.is_exact = true;
  Finding& finding = suspicion.finding;
  __extension__ using Wide = unsigned __int128;
  finding.bytes = finding.exclusive_bytes =
      static_cast<std::uint64_t>(Wide{e.dominators.retained_bytes(fill.header)} * dead / fill.entries);
  finding.count = dead;
  finding.chain = place.chain;
  finding.title = sentence("{} of {} in the map {} can never be looked up or deleted: their keys are NaN",
                           format_count(dead), format_count(fill.entries, "entry"), place.text);
  finding.because = sentence(
      "a NaN equals no key, so each assignment with one adds an entry, which only a loop finds and only clear() "
      "removes");
  finding.fix = sentence("ask math.IsNaN of what becomes a key, and leave it out or count it elsewhere");
}

// Finds maps whose keys are objects that nobody else has, or no numbers.
void find_dead_keys(const Evidence& evidence, std::vector<Suspicion>& out) {
  DeadKeys(evidence, out).run();
  for (const heap::MapFill& fill : evidence.snapshot.map_fills)
    if (fill.nan_keys.value_or(0) >= kLeastNaN && evidence.dominators.reachable(fill.header))
      add_map_with_nan(evidence, fill, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"1,000 such keys, and half of those of the map", "a few may belong to work that is just ending"},
    {"1 MiB or 1 % of the live bytes that they and their elements keep", "less is not worth a word"},
    {"1,000 keys that are NaN", "a few may have come with odd input"}};

const Detector kDetector = {
    .facts = {.id = "dead-keys",
              .family = "maps and caches",
              .looks_for = "entries of maps whose keys are objects that nobody has any more, or NaN",
              .needs = {.proven = "keys that are NaN: no lookup finds them, and no delete removes them",
                        .strong = "keys that are compared by address and that nothing but the map leads to, with "
                                  "elements that are worth a look-up; and others of its keys somebody has",
                        .possible =
                            "the same of a set, or where nobody has any of its keys: a loop over the map may be "
                            "all that it is for"},
              .thresholds = kThresholds,
              .change = "delete the entry when its key is done with, or use a key that can be made again"},
    .run = find_dead_keys};

}  // namespace holdfast::detect::dead_keys
