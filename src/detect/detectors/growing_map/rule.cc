#include <algorithm>
#include <optional>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/growth_pace.h"
#include "detect/holders.h"
#include "detect/map_parts.h"
#include "heap/type_role.h"

namespace holdfast::detect::growing_map {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kLeastEntries = 100;
// A delete leaves a trace if its group or bucket is full, so a few may leave none.
constexpr std::uint64_t kLeastForTraces = 1'000;
constexpr std::uint64_t kMostTimes = 2;  // as many as there are

class GrowingMaps {
 public:
  GrowingMaps(const Evidence& e, std::vector<Suspicion>& out) : e_(e), out_(out) {}

  void run() {
    for (const heap::MapFill& fill : e_.snapshot.map_fills) {
      const bool is_never = is_never_deleted_from(fill.header);
      if (fill.entries < kLeastEntries || !e_.dominators.reachable(fill.header) || !(is_never || has_no_traces(fill)))
        continue;
      const std::uint64_t retained = e_.dominators.retained_bytes(fill.header);
      if (retained >= least_of_growth(e_) && is_held_for_long(e_, fill.header) && has_grown(fill))
        add_map(fill, retained, is_never);
    }
  }

 private:
  bool is_never_deleted_from(ObjectId header) const {
    const TypeId map = map_of_header(e_.snapshot, header);
    return map && e_.snapshot.types[map.row].removals == heap::MapRemovals::kNever;
  }

  // Whatever code there is that deletes from maps of its type: nothing has gone from this one.
  static bool has_no_traces(const heap::MapFill& fill) {
    return fill.deletes == heap::DeleteTraces::kNone && fill.entries >= kLeastForTraces;
  }

  // Whether the map is older than the last collection, something in it is not, and not much more would have come at
  // that pace than is there: an assignment to a key that is there stores the new text of the key as well.
  bool has_grown(const heap::MapFill& fill) {
    const ObjectId header = fill.header;
    if (!heap::test_bit(e_.snapshot.marked, header.row) || heap::test_bit(e_.snapshot.fresh, header.row)) return false;
    const std::uint64_t came = fresh_below(header);
    if (came == 0) return false;
    if (!pace_) pace_.emplace(e_.snapshot);
    constexpr std::uint64_t kPointers = 2;  // of an entry: its key and its element
    const auto in_all = pace_->in_all(came / kPointers);
    return !in_all || *in_all <= kMostTimes * fill.entries;
  }
  // Pointers of the map's tables to what came since the last collection.
  std::uint64_t fresh_below(ObjectId header) const {
    std::uint64_t count = 0;
    std::vector<ObjectId> parts = {header};
    while (!parts.empty()) {
      const ObjectId part = parts.back();
      parts.pop_back();
      if (part.row >= e_.snapshot.pointerful) continue;
      for (const std::uint32_t edge : e_.snapshot.edges.of(part.row)) {
        const ObjectId target(e_.snapshot.edges.target[edge]);
        if (heap::test_bit(e_.snapshot.fresh, target.row)) ++count;
        if (e_.dominators.idom(target).object() == part && is_part_of_map(target)) parts.push_back(target);
      }
    }
    return count;
  }
  bool is_part_of_map(ObjectId object) const {
    const TypeId type = e_.snapshot.object_type[object.row].type();
    if (!type) return false;
    const heap::TypeRole role = e_.snapshot.types[type.row].role;
    return heap::is_map_part(role) && role != heap::TypeRole::kMapHeader;
  }

  bool has_handles(ObjectId header) const {
    const TypeId map = map_of_header(e_.snapshot, header);
    return map && e_.snapshot.strings[e_.snapshot.types[map.row].name].find("unique.Handle[") != std::string_view::npos;
  }

  void add_map(const heap::MapFill& fill, std::uint64_t retained, bool is_never) {
    const view::HoldingPlace place = e_.places.place_of(fill.header);
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
    suspicion.removal.nodes = {fill.header};
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = retained;
    finding.count = fill.entries;
    finding.chain = place.chain;
    finding.title =
        sentence("the map {} only grows: it has {}, and {}", place.text, format_count(fill.entries, "entry"),
                 is_never ? "no code deletes from maps of its type"
                          : "its tables show that none was deleted since they grew last");
    finding.because = sentence("it was there at the last of {}, and has entries that came after it",
                               format_count(e_.snapshot.audit.gc_cycles, "collection"));
    if (has_handles(fill.header))
      finding.because += sentence("; its handles keep what package unique has for them as well");
    finding.fix =
        sentence("if nothing else bounds its keys: delete what is not needed any more, or keep the newest only");
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
  std::optional<GrowthPace> pace_;  // made when the first map asks
};

// Finds maps that nothing leaves and that still grow. What most goroutines hold goes when they end.
void find_growing_maps(const Evidence& evidence, std::vector<Suspicion>& out) {
  GrowingMaps(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"100 entries, and a tenth of the live bytes and a fifteenth of all memory",
     "less is a list of what there is, and does no harm"},
    {"1,000 entries where only the tables speak", "a delete leaves a trace if its group or bucket is full"},
    {"something came in since the last collection", "a table that was filled at the start does not grow"},
    {"at that pace twice as many as are there, at most, would have come in the program's life",
     "an assignment to a key that is there may store the key anew"}};

const Detector kDetector = {
    .facts = {.id = "growing-map",
              .family = "maps and caches",
              .looks_for = "maps of variables and of old goroutines that nothing leaves and that still grow",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "no code deletes from maps of its type (reflect could), or its tables show no trace of "
                            "a delete; and it has grown since the last collection. There may be only so many "
                            "keys, as of names that are kept once, or a cache may not be full yet"},
              .thresholds = kThresholds,
              .change = "if nothing else bounds its keys, delete what is not needed any more, or keep the newest only"},
    .run = find_growing_maps};

}  // namespace holdfast::detect::growing_map
