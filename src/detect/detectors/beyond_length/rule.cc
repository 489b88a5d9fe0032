#include <algorithm>
#include <unordered_set>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/headed_arrays.h"
#include "heap/field_path.h"

namespace holdfast::detect::beyond_length {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::size_t kMostHeaders = 64;  // of one array; each of its words is compared with all

// What only words of an array lead to that no length covers.
struct Stale {
  std::vector<ObjectId> objects;
  std::uint64_t bytes = 0;      // that these keep alive, if nobody else does
  bool is_beyond_reach = true;  // no capacity covers these words either
};

Stale stale_of(const Evidence& e, const HeadedArray& array) {
  const heap::Edges& edges = e.snapshot.edges;
  std::unordered_set<std::uint32_t> used, stale;
  Stale out;
  std::uint64_t offset = 0;
  for (const std::uint32_t edge : edges.of(array.object.row)) {
    offset += heap::edge_step(edges, edge);
    const bool is_used = array.is_covered(offset);
    (is_used ? used : stale).insert(edges.target[edge]);
    if (!is_used && array.is_within(offset)) out.is_beyond_reach = false;
  }
  for (const std::uint32_t row : stale) {
    if (used.contains(row)) continue;
    out.objects.emplace_back(row);
    if (e.dominators.idom(ObjectId(row)).object() == array.object)
      out.bytes += e.dominators.retained_bytes(ObjectId(row));
  }
  std::ranges::sort(out.objects);
  return out;
}

void add_place(const Evidence& e, const ArraysOfAPlace& arrays, std::vector<Suspicion>& out) {
  std::vector<Stale> stale;
  std::uint64_t bytes = 0, objects = 0;
  bool is_beyond_reach = true, is_guessed = false;
  for (const HeadedArray* const array : arrays) {
    is_guessed = is_guessed || array->is_guessed;
    stale.push_back(stale_of(e, *array));
    bytes += stale.back().bytes;
    objects += stale.back().objects.size();
    is_beyond_reach = is_beyond_reach && stale.back().is_beyond_reach;
  }
  if (bytes < e.smallest) return;
  const view::HoldingPlace place = e.places.place_of(arrays.front()->object);
  // A list that is emptied and filled anew has the same look between two fillings, and costs no more than it did once.
  Confidence confidence = Confidence::kPossible;
  if (is_beyond_reach) confidence = is_guessed ? Confidence::kStrong : Confidence::kProven;
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity}, confidence);
  for (std::size_t i = 0; i < arrays.size(); ++i)
    for (const ObjectId object : stale[i].objects) suspicion.removal.pointers.emplace_back(arrays[i]->object, object);
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = bytes;
  finding.count = objects;
  finding.chain = place.chain;
  finding.title =
      sentence("{} stay for elements outside of the length of {}", format_count(objects, "object"), place.text);
  const std::string array = arrays.size() == 1 ? "array" : format_count(arrays.size(), "array");
  finding.because =
      is_beyond_reach
          ? sentence("no slice can be grown to the elements that point to them, and nobody else refers to the {}",
                     array)
          : sentence("only slices refer to the {}, and end before the elements that point to them", array);
  finding.fix =
      sentence("set elements to nil before the slice is cut: clear(s[n:]), or s[i] = nil in front of s = s[1:]");
}

// Finds arrays of pointers whose slices were cut without a word to what they left.
void find_beyond_length(const Evidence& e, std::vector<Suspicion>& out) {
  const auto groups = e.arrays.by_place([&](const HeadedArray& array) {
    return array.object.row < e.snapshot.pointerful && !array.has_others && array.headers.size() <= kMostHeaders &&
           array.covered * HeadedArrays::kMostCovered <= array.size;
  });
  for (const ArraysOfAPlace& arrays : groups) add_place(e, arrays, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"an array of 1 KiB", "captures tell of no smaller ones what slices cover"},
    {"a quarter of the array at most is covered by lengths", "what is in use counts more than what was left"},
    {"1 MiB or 1 % of the live bytes behind such elements, at one place", "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "beyond-length",
              .family = "slices and strings",
              .looks_for = "objects that only elements outside of the length of a slice refer to",
              .needs = {.proven = "all words that lead to the array are slices, and no capacity reaches the elements",
                        .strong = "the same, where the type of some place with a slice was guessed",
                        .possible = "all words that lead to the array are slices, and no length reaches the elements; "
                                    "a list that is filled anew and anew has the same look"},
              .thresholds = kThresholds,
              .change = "set elements to nil before the slice is cut: clear(s[n:]), or s[i] = nil before s = s[1:]"},
    .run = find_beyond_length};

}  // namespace holdfast::detect::beyond_length
