#include <algorithm>

#include "base/units.h"
#include "detect/always_points.h"
#include "detect/detector_list.h"

namespace holdfast::detect::sparse_array {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

// Finds backing arrays of pointers of which few are set.
void find_sparse_arrays(const Evidence& e, std::vector<Suspicion>& out) {
  constexpr std::uint64_t kLargeSpan = 64 << 10;
  for (const heap::Span& span : e.snapshot.spans) {
    if (!span.has_pointers || span.slot_size < std::max(kLargeSpan, e.smallest)) continue;
    for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row) {
      const ObjectId object(row);
      const heap::ObjectType known = e.snapshot.object_type[row];
      if (!known || known.known_by() == heap::KnownBy::kPart || !e.dominators.reachable(object) ||
          !always_points(e.snapshot, known.type()))
        continue;
      const std::uint64_t room = (span.slot_size - span.header) / 8;
      const std::uint64_t used = e.snapshot.edges.row_begin[row + 1] - e.snapshot.edges.row_begin[row];
      const std::uint64_t spare = (room - used) * 8;
      if (used * 4 >= room || spare < e.smallest) continue;
      const view::HoldingPlace place = e.places.place_of(object);
      Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity}, Confidence::kPossible);
      suspicion.about = {object};
      Finding& finding = suspicion.finding;
      finding.bytes = finding.exclusive_bytes = spare;
      finding.count = 1;
      finding.chain = place.chain;
      finding.title =
          sentence("{} of {} elements of a {} in {} refer to nothing on the heap", format_count(room - used),
                   format_count(room), view::short_type(e.names.type_of(object)), place.text);
      finding.because =
          sentence("the object points to something from {} of its {} words", format_count(used), format_count(room));
      finding.fix =
          sentence("if it was that full once: copy what is in use to a new slice; if it was made so: ask for less");
    }
  }
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"an array of 64 KiB, and 1 MiB or 1 % of the live bytes of unset elements", "smaller ones are not worth a word"},
    {"less than a quarter is set", "a slice that doubles when it grows is at least half full"}};

const Detector kDetector = {
    .facts = {.id = "sparse-array",
              .family = "slices and strings",
              .looks_for = "large arrays of pointers of which less than a quarter is set",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "an array whose elements all refer to something when they are set, and few do"},
              .thresholds = kThresholds,
              .change =
                  "if it was that full once, copy what is in use to a new slice; if it was made so, ask for less"},
    .run = find_sparse_arrays};

}  // namespace holdfast::detect::sparse_array
