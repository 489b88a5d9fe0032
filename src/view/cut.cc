#include "view/cut.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "base/units.h"
#include "graph/breadth_first.h"
#include "graph/shortest_ways.h"
#include "view/labels.h"
#include "view/owner_words.h"

namespace holdfast::view {
namespace {

constexpr std::string_view kEntries = "entries:";

// "0xc000123000" at the beginning of the text, which it takes away; none if there is none.
std::optional<Address> take_address(std::string_view& text) {
  if (!text.starts_with("0x")) return std::nullopt;
  std::uint64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data() + 2, text.data() + text.size(), value, 16);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()));
  return Address(value);
}

bool begins_with_field(std::string_view path, std::string_view field) {
  return path == field || (path.starts_with(field) && (path[field.size()] == '.' || path[field.size()] == '['));
}

// Turns what is to be dropped into rules for a search.
class DropFinder {
 public:
  DropFinder(const Names& names, const graph::Reachability& reached)
      : names_(names), snapshot_(names.snapshot()), reached_(reached), is_dropped_(snapshot_.roots.size()) {}

  void add(const Drop& drop) {
    FoundSubject found = find_subject(names_, reached_, drop.subject);
    Sentence what = found.what;
    if (drop.entries) {
      what = sentence("the entries of {}", found.what);
      drop_entries(only_object(found, "has entries"));
    } else if (!drop.field.empty()) {
      what = sentence("{} of {}", drop.field, found.what);
      drop_field(only_object(found, "has fields"), drop.field);
    } else if (drop.target) {
      what = sentence("what {} refers to {} with", found.what, hex(drop.target));
      drop_pointer(only_object(found, "refers to an object"), drop.target);
    } else {
      for (const graph::NodeId node : found.nodes) drop_node(node);
    }
    dropped_.push_back(std::move(what));
  }

  // The rules; they use this.
  graph::ReachOptions options() {
    add_edges();
    std::ranges::sort(pointers_);
    const auto again = std::ranges::unique(pointers_);
    pointers_.erase(again.begin(), again.end());
    return {.use_root = [this](RootId root) { return !is_dropped_[root.row]; },
            .without = objects_,
            .without_pointers = pointers_};
  }
  std::vector<Sentence> take_dropped() { return std::move(dropped_); }

  // Enters what the dropped references lead to, and the objects that are dropped.
  void enter_all(graph::BreadthFirst& search) const {
    for (const ObjectId object : objects_) search.enter(object.row);
    for (const auto& [from, to] : pointers_) search.enter(to.row);
    for (std::uint32_t r = 0; r < snapshot_.roots.size(); ++r) {
      const heap::Root& root = snapshot_.roots[r];
      for (std::uint32_t t = 0; is_dropped_[r] && t < root.target_count; ++t)
        search.enter(snapshot_.root_targets[root.first_target + t].object.row);
    }
  }

 private:
  ObjectId only_object(const FoundSubject& found, std::string_view what) const {
    if (found.nodes.size() != 1 || !found.nodes.front().object())
      fail(ErrorCode::kUsage, "{} is not one object that {}", found.what.full, what);
    return found.nodes.front().object();
  }

  // With all that stands under it in the root forest. Parents come before their children.
  void drop_node(graph::NodeId node) {
    if (node.object()) {
      objects_.push_back(node.object());
      return;
    }
    is_dropped_[node.root().row] = true;
    for (std::uint32_t r = node.root().row + 1; r < snapshot_.roots.size(); ++r)
      if (const RootId parent = snapshot_.roots[r].parent; parent && is_dropped_[parent.row]) is_dropped_[r] = true;
  }

  template <typename Visit>
  void for_each_edge(ObjectId object, const Visit& visit) const {
    if (object.row >= snapshot_.pointerful) return;
    const heap::Edges& edges = snapshot_.edges;
    for (const std::uint32_t e : edges.of(object.row)) visit(e, ObjectId(edges.target[e]));
  }

  void drop_field(ObjectId object, const std::string& field) {
    const std::size_t before = edges_.size();
    for_each_edge(object, [&](std::uint32_t edge, ObjectId) {
      if (begins_with_field(heap::edge_path(snapshot_, names_.index(), object, edge).text, field))
        edges_.emplace(object, edge);
    });
    if (edges_.size() == before)
      fail(ErrorCode::kNotFound, "{} of the object at {} refers to nothing{}", field,
           hex(names_.index().address_of(object)), fields_text(object));
  }

  // Another field may refer to the same object. Only if all that do are dropped, the one no longer leads to the other.
  void add_edges() {
    for (const auto& [object, edge] : edges_) {
      const std::uint32_t target = snapshot_.edges.target[edge];
      bool all = true;
      for_each_edge(object, [&, source = object](std::uint32_t other, ObjectId its) {
        all = all && (its.row != target || edges_.contains({source, other}));
      });
      if (all) pointers_.emplace_back(object, ObjectId(target));
    }
  }

  std::string fields_text(ObjectId object) const {
    constexpr std::size_t kMost = 8;
    std::vector<std::string> paths;
    for_each_edge(object, [&](std::uint32_t edge, ObjectId) {
      if (paths.size() <= kMost) paths.push_back(heap::edge_path(snapshot_, names_.index(), object, edge).text);
    });
    if (paths.empty()) return ": nothing there does";
    const bool is_cut = paths.size() > kMost;
    if (is_cut) paths.pop_back();
    return fmt::format("; these do: {}{}", fmt::join(paths, ", "), is_cut ? ", …" : "");
  }

  void drop_pointer(ObjectId object, Address to) {
    const ObjectId target = names_.index().find_object(to);
    if (!target || !names_.refers(object, target))
      fail(ErrorCode::kNotFound, "the object at {} has no pointer to {}", hex(names_.index().address_of(object)),
           hex(to));
    pointers_.emplace_back(object, target);
  }

  // Of a map and the like all its parts lead to entries, and to each other.
  void drop_entries(ObjectId first) {
    const Container container = names_.container(first);
    std::vector<ObjectId> parts = {first};
    HugeArray<std::uint64_t> seen((std::uint64_t{snapshot_.objects} + 63) / 64);
    heap::set_bit(seen, first.row);
    const std::size_t before = pointers_.size();
    const auto is_part = [&](ObjectId object) {
      if (container == Container::kNone || names_.container(object) != container) return false;
      const TypeId type = snapshot_.object_type[object.row].type();
      return !type || snapshot_.types[type.row].role != heap::TypeRole::kMapHeader;
    };
    for (std::size_t i = 0; i < parts.size(); ++i)
      for_each_edge(parts[i], [&](std::uint32_t, ObjectId target) {
        if (!is_part(target)) {
          pointers_.emplace_back(parts[i], target);
        } else if (!heap::test_bit(seen, target.row)) {
          heap::set_bit(seen, target.row);
          parts.push_back(target);
        }
      });
    if (pointers_.size() == before)
      fail(ErrorCode::kNotFound, "the object at {} has no entries that refer to anything",
           hex(names_.index().address_of(first)));
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Reachability& reached_;
  std::vector<bool> is_dropped_;  // by RootId
  std::vector<ObjectId> objects_;
  std::vector<std::pair<graph::NodeId, ObjectId>> pointers_;
  std::set<std::pair<ObjectId, std::uint32_t>> edges_;  // of dropped fields
  std::vector<Sentence> dropped_;
};

void sort_rows(std::vector<CutRow>& rows) {
  std::ranges::stable_sort(rows, [](const CutRow& a, const CutRow& b) {
    return std::pair(a.bytes, a.objects) > std::pair(b.bytes, b.objects);
  });
}

// Adds up objects by a key, and names the keys in the end.
class CutRows {
 public:
  void add(std::uint64_t key, std::uint64_t bytes) {
    auto& [objects, sum] = rows_[key];
    ++objects;
    sum += bytes;
  }
  template <typename NameOf>
  std::vector<CutRow> take(const NameOf& name_of) const {
    std::vector<CutRow> out;
    for (const auto& [key, sums] : rows_) out.push_back({name_of(key), sums.first, sums.second});
    sort_rows(out);
    return out;
  }

 private:
  std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> rows_;
};

// The parts of a map count as the map.
TypeId shown_type(const heap::Snapshot& snapshot, ObjectId object) {
  const TypeId type = snapshot.object_type[object.row].type();
  if (!type) return type;
  const heap::Type& row = snapshot.types[type.row];
  return heap::is_map_part(row.role) && row.of ? row.of : type;
}

// Tells at whose root the shortest way to an object begins. What it finds out on the way it remembers.
class OwnerOnWay {
 public:
  OwnerOnWay(const heap::Snapshot& snapshot, const graph::ShortestWays& ways, const RootOwners& owners)
      : ways_(ways), owners_(owners), known_(snapshot.objects) {}

  std::uint32_t of(ObjectId object) {
    way_.clear();
    graph::NodeId at = object;
    for (; at.object() && known_[at.object().row] == 0; at = ways_.before(at.object())) way_.push_back(at.object());
    const std::uint32_t owner = at.object() ? known_[at.object().row] - 1 : owners_.of_root[at.root().row];
    for (const ObjectId one : way_) known_[one.row] = owner + 1;
    return owner;
  }

 private:
  const graph::ShortestWays& ways_;
  const RootOwners& owners_;
  HugeArray<std::uint32_t> known_;  // by object: owner + 1; 0 = not asked yet
  std::vector<ObjectId> way_;
};

}  // namespace

Drop parse_drop(std::string_view text) {
  Drop drop;
  const std::string whole(text);
  if (text.starts_with(kEntries)) {
    drop.entries = true;
    text.remove_prefix(kEntries.size());
  }
  std::string_view rest = text;
  const auto address = take_address(rest);
  if (!address && !drop.entries) {
    drop.subject = parse_subject(text);
    return drop;
  }
  drop.subject.address = address.value_or(Address());
  if (address && rest.starts_with("->")) {
    rest.remove_prefix(2);
    const auto target = take_address(rest);
    if (!target) rest = "->";  // no address behind it
    drop.target = target.value_or(Address());
  } else if (address && (rest.starts_with('.') || rest.starts_with('['))) {
    drop.field = std::exchange(rest, {});
  }
  const bool is_both = drop.entries && (drop.target || !drop.field.empty());
  if (!address || !rest.empty() || is_both)
    fail(ErrorCode::kUsage,
         "\"{}\" is no reference: give 0xADDRESS, 0xADDRESS.field, 0xADDRESS->0xADDRESS, entries:0xADDRESS, or {}",
         whole, subject_forms());
  return drop;
}

CutEffect cut(const Names& names, const graph::Dominators& dominators, const graph::Reachability& reached,
              const std::vector<Drop>& drops) {
  const heap::Snapshot& snapshot = names.snapshot();
  const graph::ObjectSizes& sizes = dominators.columns().sizes;
  DropFinder finder(names, reached);
  for (const Drop& drop : drops) finder.add(drop);
  const graph::ReachOptions options = finder.options();
  graph::BreadthFirst led_to(snapshot);
  finder.enter_all(led_to);
  led_to.run();
  const RootOwners owners = owners_of_roots(snapshot, sizes, names.rules());
  const WeakEdges weak(snapshot, names.index(), names.type_rules());
  const graph::ShortestWays after(snapshot, lasting_ways(owners, weak), options);
  OwnerOnWay owner_on_way(snapshot, after, owners);

  CutEffect effect;
  effect.pointers = options.without_pointers.size();
  effect.live_bytes = reached.bytes;
  CutRows freed, kept;
  constexpr std::uint64_t kUnknown = std::uint64_t{1} << 32;  // above: a size of objects without a type
  sizes.for_each_run(0, snapshot.objects, [&](std::uint64_t begin, std::uint64_t end, std::uint64_t bytes) {
    throw_if_cancelled();
    for (std::uint64_t row = begin; row < end; ++row) {
      const ObjectId object(static_cast<std::uint32_t>(row));
      if (!reached.contains(object)) continue;
      if (!after.before(object)) {
        const TypeId type = shown_type(snapshot, object);
        freed.add(type ? type.row : kUnknown + bytes, bytes);
        ++effect.freed_objects;
        effect.freed_bytes += bytes;
      } else if (heap::test_bit(led_to.seen(), object.row)) {
        kept.add(owner_on_way.of(object), bytes);
        ++effect.kept_objects;
        effect.kept_bytes += bytes;
      }
    }
  });
  effect.freed = freed.take([&](std::uint64_t key) {
    return key >= kUnknown ? sentence("objects of {} without a known type", format_bytes(key - kUnknown))
                           : named(type_name(snapshot, TypeId(static_cast<std::uint32_t>(key))));
  });
  effect.kept = kept.take([&](std::uint64_t owner) { return owner_text(snapshot, names.rules(), owners.rows[owner]); });
  effect.dropped = finder.take_dropped();
  return effect;
}

FewestPointers fewest_pointers(const Names& names, const graph::Reachability& reached,
                               const graph::Referrers& referrers, const Subject& subject, std::uint32_t most) {
  const heap::Snapshot& snapshot = names.snapshot();
  const FoundSubject found = find_subject(names, reached, subject);
  if (found.nodes.size() != 1 || !found.nodes.front().object())
    fail(ErrorCode::kUsage, "{} is not one object: give the address of one", found.what.full);
  const graph::Backwards backwards{snapshot, referrers, reached};
  const graph::SmallestCut smallest = graph::smallest_cut(backwards, found.nodes.front().object(), {.most = most});
  FewestPointers out;
  out.what = found.what;
  out.pointers = smallest.pointers;
  out.is_complete = smallest.is_complete;
  if (!out.is_complete) return out;
  graph::ReachOptions options;
  for (const graph::Reference& reference : smallest.references) {
    const std::string to = hex(names.index().address_of(reference.to));
    FewestPointers::Reference& row = out.references.emplace_back();
    row.pointers = reference.pointers;
    row.field = names.field(reference.from, reference.to).value_or(heap::FieldPath()).text;
    if (const RootId root = reference.from.root()) {
      row.from = named(snapshot, snapshot.roots[root.row]);
    } else {
      const ObjectId object = reference.from.object();
      const std::string at = hex(names.index().address_of(object));
      const std::string type = names.is_container(object) ? names.container_of(object) : names.type_of(object);
      row.from = type.empty() ? sentence("the object at {}", at) : sentence("the {} at {}", named(type), at);
      row.drop = fmt::format("{}->{}", at, to);
    }
    options.without_pointers.emplace_back(reference.from, reference.to);
  }
  std::ranges::sort(options.without_pointers);
  out.freed_bytes = reached.bytes - graph::reach(snapshot, options).bytes;
  return out;
}

}  // namespace holdfast::view
