#include <algorithm>
#include <optional>
#include <unordered_map>

#include "base/units.h"
#include "detect/always_points.h"
#include "detect/detector.h"
#include "heap/field_path.h"

namespace holdfast::detect::sparse_map {
namespace {

using view::Confidence;
using view::Finding;
using view::Names;
using view::sentence;
using view::TypeTotals;

// Large maps have tables of 1,024 slots (Go 1.24+) or one array of buckets; smaller objects belong to small maps.
constexpr std::uint64_t kLargeTable = 4096;

class SparseMaps {
 public:
  SparseMaps(const Evidence& e, std::vector<Suspicion>& out)
      : names_(e.names),
        snapshot_(e.snapshot),
        dominators_(e.dominators),
        report_(e.report),
        places_(e.places),
        smallest_(e.smallest),
        out_(out) {}

  // Finds maps that keep tables for many more entries than they have, as after deletes.
  void run() {
    std::uint64_t bytes = 0;
    for (const TypeTotals& row : report_.types)
      if (row.is_map) bytes += row.bytes;
    if (bytes < smallest_) return;
    std::vector<std::optional<Slots>> slots(snapshot_.types.size());
    for (std::size_t t = 0; t < slots.size(); ++t)
      if (has_slots(snapshot_.types[t].role)) slots[t] = slots_of(snapshot_.types[t]);
    // Only a map with a large table can be worth a word; then its small parts count, too.
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

 private:
  static bool has_slots(heap::TypeRole role) {
    return role == heap::TypeRole::kMapGroup || role == heap::TypeRole::kMapBucket;
  }

  // A group or bucket of a map whose elements are pointers: where its slots lie.
  struct Slots {
    std::uint64_t first = 0, stride = 0;  // of the elements, in bytes
    std::uint64_t group = 0;              // eight slots and what belongs to them, in bytes
  };
  std::optional<Slots> slots_of(const heap::Type& group) const {
    if (group.kind != heap::TypeKind::kStruct || group.size == 0) return std::nullopt;
    for (std::uint32_t f = group.first_field; f < group.first_field + group.field_count; ++f) {
      const heap::Field& field = snapshot_.fields[f];
      const std::string_view name = snapshot_.strings[field.name];
      if ((name != "slots" && name != "elems") || !field.type) continue;
      const heap::Type& array = snapshot_.types[field.type.row];
      if (array.kind != heap::TypeKind::kArray || array.count != 8 || !array.elem) continue;
      const heap::Type& slot = snapshot_.types[array.elem.row];
      if (name == "elems")
        return always_points(snapshot_, array.elem) ? std::optional(Slots{field.offset, slot.size, group.size})
                                                    : std::nullopt;
      for (std::uint32_t s = slot.first_field; s < slot.first_field + slot.field_count; ++s) {
        const heap::Field& elem = snapshot_.fields[s];
        if (snapshot_.strings[elem.name] == "elem" && elem.type && always_points(snapshot_, elem.type))
          return Slots{field.offset + elem.offset, slot.size, group.size};
      }
    }
    return std::nullopt;
  }

  struct Fill {
    std::uint64_t slots = 0, used = 0, bytes = 0;
  };

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

  // Returns the outermost object of the map that the container belongs to.
  ObjectId header_of(ObjectId container) const {
    for (ObjectId object = container;;) {
      const ObjectId above = dominators_.idom(object).object();
      if (!above || names_.container(above) != view::Container::kMap) return object;
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
    const view::HoldingPlace place = places_.place_of(header);
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
    suspicion.about = {header};
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = spare;
    finding.count = 1;
    finding.chain = place.chain;
    finding.title = sentence("the map {} has room for {}; anything on the heap is in {} of them", place.text,
                             format_count(fill.slots, "entry"), format_count(fill.used));
    finding.because =
        sentence("its tables take {}; maps do not shrink when entries are deleted", format_bytes(fill.bytes));
    finding.fix = sentence("if entries were deleted: copy what is left to a new map; if it was made so: ask for less");
  }

  const Names& names_;
  const heap::Snapshot& snapshot_;
  const graph::Dominators& dominators_;
  const view::Report& report_;
  view::PlaceFinder& places_;
  std::uint64_t smallest_;
  std::vector<Suspicion>& out_;
};

void find_sparse_maps(const Evidence& evidence, std::vector<Suspicion>& out) {
  SparseMaps(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"a table of 4 KiB, and 1 MiB or 1 % of the live bytes of unused room", "smaller ones are not worth a word"},
    {"less than an eighth of the slots is used", "a map that only grew is more than two fifths full"}};

const Detector kDetector = {
    .facts = {.id = "sparse-map",
              .family = "maps and caches",
              .looks_for = "maps that keep tables for many more entries than they have",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "tables in which few slots refer to anything on the heap"},
              .thresholds = kThresholds,
              .change = "if entries were deleted, copy what is left to a new map; if it was made so, ask for less"},
    .run = find_sparse_maps};

}  // namespace holdfast::detect::sparse_map
