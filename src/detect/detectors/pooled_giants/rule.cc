#include <algorithm>
#include <functional>
#include <map>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"

namespace holdfast::detect::pooled_giants {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kGiant = 256 << 10;
constexpr std::uint64_t kTimesMedian = 16;
constexpr std::size_t kFewest = 4;  // free things of a type: of fewer no size is usual

bool is_in_pool(const Evidence& e, ObjectId object) {
  return e.names.type_rules().is_pool(e.names.container(object));
}

// What pools keep free, by type.
std::map<TypeId, std::vector<ObjectId>> free_things(const Evidence& e) {
  std::map<TypeId, std::vector<ObjectId>> out;
  std::vector<bool> is_part(e.snapshot.types.size());
  bool any = false;
  for (std::uint32_t t = 0; t < e.snapshot.types.size(); ++t) {
    is_part[t] = e.names.type_rules().is_pool(e.names.type_rules().container(TypeId(t)));
    any = any || is_part[t];
  }
  if (!any) return out;
  for (std::uint32_t row = 0; row < e.snapshot.pointerful; ++row) {
    const TypeId type = e.snapshot.object_type[row].type();
    if (!type || !is_part[type.row] || !e.dominators.reachable(ObjectId(row))) continue;
    for (const std::uint32_t edge : e.snapshot.edges.of(row)) {
      const ObjectId target(e.snapshot.edges.target[edge]);
      const TypeId of = e.snapshot.object_type[target.row].type();
      if (of && e.dominators.idom(target) == graph::NodeId(ObjectId(row)) && !is_in_pool(e, target))
        out[of].push_back(target);
    }
  }
  return out;
}

void judge(const Evidence& e, std::vector<ObjectId> things, std::vector<Suspicion>& out) {
  std::ranges::sort(things);
  things.erase(std::ranges::unique(things).begin(), things.end());
  if (things.size() < kFewest) return;
  std::ranges::sort(things, std::greater(), [&](ObjectId object) { return e.dominators.retained_bytes(object); });
  const std::uint64_t median = e.dominators.retained_bytes(things[things.size() / 2]);
  const std::uint64_t least = std::max(kGiant, median * kTimesMedian);
  const auto end = std::ranges::find_if(things, [&](ObjectId o) { return e.dominators.retained_bytes(o) < least; });
  const auto count = static_cast<std::size_t>(end - things.begin());
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < count; ++i) bytes += e.dominators.retained_bytes(things[i]);
  if (bytes < e.smallest) return;
  const view::HoldingPlace place = e.places.place_of(things.front());
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
  suspicion.removal.nodes.assign(things.begin(), end);
  suspicion.needed = count * median;
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = bytes - std::min(bytes, count * median);
  finding.count = count;
  finding.chain = place.chain;
  finding.title = sentence("{} of {} that are free in a pool have {}, as at {}", format_count(count),
                           format_count(things.size(), "thing"), format_bytes(bytes), place.text);
  finding.because =
      sentence("the largest keeps {}, half of them keep {} or less each: a pool gives a large one for any use",
               format_bytes(e.dominators.retained_bytes(things.front())), format_bytes(median));
  finding.fix = sentence("do not put back what has grown beyond a size, or have a pool for each size");
}

// Finds things in pools that are far larger than what the pool usually has.
void find_pooled_giants(const Evidence& e, std::vector<Suspicion>& out) {
  for (const auto& [type, things] : free_things(e)) judge(e, things, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"256 KiB each, and sixteen times what half of them have", "a pool of large buffers of one size is meant to be so"},
    {"4 things of the type that are free", "of fewer no size is usual"},
    {"1 MiB or 1 % of the live bytes together", "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "pooled-giants",
              .family = "pools and finalizers",
              .looks_for = "things in a sync.Pool that are far larger than most that it has",
              .needs = {.proven = {},
                        .strong = {},
                        .possible =
                            "what each free thing keeps; a pool that nobody uses is empty after two collections, "
                            "one in use keeps them"},
              .thresholds = kThresholds,
              .change = "do not put back what has grown beyond a size"},
    .run = find_pooled_giants};

}  // namespace holdfast::detect::pooled_giants
