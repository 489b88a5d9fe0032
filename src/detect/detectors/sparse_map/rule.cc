#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::sparse_map {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kLeastUsed = 8;  // an eighth of the slots

TypeId map_of(const heap::Snapshot& snapshot, ObjectId header) {
  const TypeId type = snapshot.object_type[header.row].type();
  return type ? snapshot.types[type.row].of : TypeId();
}

// Whether some code deletes entries from such maps.
bool is_deleted_from(const heap::Snapshot& snapshot, ObjectId header) {
  const TypeId map = map_of(snapshot, header);
  return map && snapshot.types[map.row].removals == heap::MapRemovals::kSomewhere;
}

void add_map(const Evidence& e, const heap::MapFill& fill, std::vector<Suspicion>& out) {
  __extension__ using Wide = unsigned __int128;
  const auto spare =
      static_cast<std::uint64_t>(static_cast<Wide>(fill.bytes) * (fill.slots - fill.entries) / fill.slots);
  if (spare < e.smallest) return;
  const bool is_deleted = is_deleted_from(e.snapshot, fill.header);
  const view::HoldingPlace place = e.places.place_of(fill.header);
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity},
                                 is_deleted ? Confidence::kStrong : Confidence::kPossible);
  suspicion.about = {fill.header};
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = spare;
  finding.count = 1;
  finding.chain = place.chain;
  finding.title = sentence("the map {} has {} and room for {}", place.text, format_count(fill.entries, "entry"),
                           format_count(fill.slots));
  finding.because = is_deleted
                        ? sentence(
                              "its tables take {}, and maps do not shrink when entries are deleted, which code of "
                              "this program does with such maps",
                              format_bytes(fill.bytes))
                        : sentence(
                              "its tables take {}; maps do not shrink when entries are deleted, or it was made "
                              "with more room than it needs",
                              format_bytes(fill.bytes));
  finding.fix = sentence("copy what is left to a new map after many deletes; if it was made so, ask for less");
}

// Finds maps that keep tables for many more entries than they have, as after deletes.
void find_sparse_maps(const Evidence& e, std::vector<Suspicion>& out) {
  for (const heap::MapFill& fill : e.snapshot.map_fills)
    if (fill.entries * kLeastUsed < fill.slots && fill.bytes >= e.smallest && e.dominators.reachable(fill.header))
      add_map(e, fill, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"1 MiB or 1 % of the live bytes of unused room", "less is not worth a word"},
    {"less than an eighth of the slots is used", "a map that only grew is more than two fifths full"}};

const Detector kDetector = {
    .facts = {.id = "sparse-map",
              .family = "maps and caches",
              .looks_for = "maps that keep tables for many more entries than they have",
              .needs = {.proven = {},
                        .strong = "the map's own counts, and code of the program that deletes from maps of this type",
                        .possible = "the map's own counts"},
              .thresholds = kThresholds,
              .change = "copy what is left to a new map after many deletes; if it was made so, ask for less"},
    .run = find_sparse_maps};

}  // namespace holdfast::detect::sparse_map
