#include <algorithm>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/headed_arrays.h"

namespace holdfast::detect::spare_capacity {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kLeastShare = 10;  // a tenth of the live bytes, of arrays that are better filled

void add_place(const Evidence& e, const ArraysOfAPlace& arrays, std::vector<Suspicion>& out) {
  std::uint64_t size = 0, covered = 0, spare = 0;
  for (const HeadedArray* const array : arrays) {
    size += array->size;
    covered += array->covered;
    spare += array->spare();
  }
  const bool is_most = spare * HeadedArrays::kMostCovered >= size * (HeadedArrays::kMostCovered - 1);
  if (spare < (is_most ? e.smallest : std::max(e.smallest, e.live / kLeastShare))) return;
  const view::HoldingPlace place = e.places.place_of(arrays.front()->object);
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
  for (const HeadedArray* const array : arrays) suspicion.about.push_back(array->object);
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = spare;
  finding.count = arrays.size();
  finding.chain = place.chain;
  finding.title = sentence("{} at {} have {} of capacity behind lengths of {}", format_count(arrays.size(), "slice"),
                           place.text, format_bytes(spare), format_bytes(covered));
  finding.because = sentence("their arrays take {}, and nothing but capacity covers {} of that", format_bytes(size),
                             format_share(spare, size));
  finding.fix = sentence(
      "if they grow no more, keep a copy of what is used, or ask for less; if they are filled again "
      "and again, it is meant to be so");
}

// Finds slices that have room for much more than they hold.
void find_spare_capacity(const Evidence& e, std::vector<Suspicion>& out) {
  const auto groups = e.arrays.by_place(
      [](const HeadedArray& array) { return HeadedArrays::is_little(array.size - array.spare(), array.size); });
  for (const ArraysOfAPlace& arrays : groups) add_place(e, arrays, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"an array of 1 KiB", "captures tell of no smaller ones what slices cover"},
    {"three fifths of it are capacity behind the length",
     "a slice that doubles when it grows is half full, or nearly so when its size was rounded up"},
    {"1 MiB or 1 % of the live bytes of such capacity, at one place; a tenth where it is less than three quarters",
     "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "spare-capacity",
              .family = "slices and strings",
              .looks_for = "slices with room for much more than they hold",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "capacity behind lengths; it may be a buffer that is filled again and again"},
              .thresholds = kThresholds,
              .change = "if they grow no more, keep a copy of what is used, or ask for less"},
    .run = find_spare_capacity};

}  // namespace holdfast::detect::spare_capacity
