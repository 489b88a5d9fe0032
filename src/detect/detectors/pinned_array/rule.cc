#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/headed_arrays.h"

namespace holdfast::detect::pinned_array {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

// Of the array of an image. What its part covers is mostly not shown either, but only the Rect tells.
constexpr std::uint64_t kLeastBeforeView = 8;  // an eighth

struct Sum {
  std::uint64_t size = 0, covered = 0, beyond_reach = 0, headers = 0;
  bool is_guessed = false;  // the type of some place is
};

Sum sum_of(const ArraysOfAPlace& arrays) {
  Sum sum;
  for (const HeadedArray* const array : arrays) {
    sum.size += array->size;
    sum.covered += array->covered;
    sum.beyond_reach += array->size - array->within;
    sum.headers += array->headers.size();
    sum.is_guessed = sum.is_guessed || array->is_guessed;
  }
  return sum;
}

void add_place(const Evidence& e, const ArraysOfAPlace& arrays, std::vector<Suspicion>& out) {
  const Sum sum = sum_of(arrays);
  if (sum.beyond_reach < e.smallest) return;
  const view::HoldingPlace place = e.places.place_of(arrays.front()->object);
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity},
                                 sum.is_guessed ? Confidence::kStrong : Confidence::kProven);
  for (const HeadedArray* const array : arrays) suspicion.removal.nodes.emplace_back(array->object);
  suspicion.needed = sum.covered;
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = sum.size - sum.covered;
  finding.count = arrays.size();
  finding.chain = place.chain;
  finding.title =
      sentence("{} of {} stay for slices and strings that cover {} of them, at {}",
               format_count(arrays.size(), "array"), format_bytes(sum.size), format_bytes(sum.covered), place.text);
  finding.because = sentence(
      "{} can be reached by nobody: nothing but slices and strings refers to them, {} in all, and "
      "what these could be grown to ends before",
      format_bytes(sum.beyond_reach), format_count(sum.headers));
  finding.fix = sentence("copy what is kept where it is stored: strings.Clone, bytes.Clone, slices.Clone");
  if (!arrays.front()->is_view) return;
  finding.title = sentence("{} of larger images keep {} of pixels, at {}", format_count(arrays.size(), "part"),
                           format_bytes(sum.size), place.text);
  finding.because = sentence(
      "SubImage has made them, and the images are gone: {} lie before what the parts cover, and can be reached by "
      "nobody; how much behind that they show is not known",
      format_bytes(sum.beyond_reach));
  finding.fix = sentence("draw the part to an image of its own, with draw.Draw, and keep that");
}

bool is_pinned(const HeadedArray& array) {
  return array.within * HeadedArrays::kMostCovered <= array.size ||
         (array.is_view && (array.size - array.within) * kLeastBeforeView >= array.size);
}

// Finds arrays without pointers of which nobody can reach most.
void find_pinned_arrays(const Evidence& e, std::vector<Suspicion>& out) {
  const auto groups = e.arrays.by_place([&](const HeadedArray& array) {
    return array.object.row >= e.snapshot.pointerful && !array.has_others && is_pinned(array);
  });
  for (const ArraysOfAPlace& arrays : groups) add_place(e, arrays, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"an array of 128 B; of those below 1 KiB about 260,000 slices and strings at most",
     "captures tell no more of what slices and strings cover"},
    {"a quarter of each array at most can be reached", "rounding of sizes and a cut beginning are no fault"},
    {"or an eighth of the array of an image lies before the part of it that SubImage has made",
     "the part shows little of the rest, as a rule"},
    {"1 MiB or 1 % of the live bytes that nobody can reach, at one place", "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "pinned-array",
              .family = "slices and strings",
              .looks_for = "arrays that stay for slices and strings that are small beside them",
              .needs = {.proven =
                            "all words that lead to the array are slices and strings of known lengths, and nobody "
                            "can reach what lies outside of them and of their capacities",
                        .strong = "the same, where the type of some place with a slice or string was guessed",
                        .possible = {}},
              .thresholds = kThresholds,
              .change = "copy what is kept where it is stored: strings.Clone, bytes.Clone, slices.Clone"},
    .run = find_pinned_arrays};

}  // namespace holdfast::detect::pinned_array
