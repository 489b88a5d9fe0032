#include <map>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/outside_memory.h"

namespace holdfast::detect::off_heap {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kShare = 4;  // a quarter of what is resident

// Mapped memory that words of one Go place lead to.
struct Owned {
  std::uint64_t mappings = 0, bytes = 0, words = 0;
  std::string type;  // of the object with the words; empty of a package variable
  Address first;     // of the largest mapping
  std::uint64_t largest = 0;
};

void add_owned(const Evidence& e, const std::string& place, const Owned& owned, std::vector<Suspicion>& out) {
  Suspicion& suspicion = suspect(out, kDetector, {place, {place}}, Confidence::kPossible);
  Finding& finding = suspicion.finding;
  finding.bytes = owned.bytes;
  finding.count = owned.mappings;
  finding.title = sentence("{} of mapped memory, which the collector does not see, belong to {}",
                           format_bytes(owned.bytes), view::named(place));
  finding.because =
      sentence("{} of Go memory {} an address in {}, the largest at {:#x}", format_count(owned.words, "word"),
               owned.words == 1 ? "is" : "are", format_count(owned.mappings, "mapping"), owned.first.value);
  if (!owned.type.empty()) finding.because += sentence("; the first lie in {}", view::named(owned.type));
  finding.because += calls_into_c(e.report);
  finding.fix = sentence(
      "bound it, or unmap what is not needed any more (munmap, the Close or Reset of the cache): the collector never "
      "does, and GOMEMLIMIT does not count it");
}

void find_off_heap(const Evidence& e, std::vector<Suspicion>& out) {
  std::map<std::string, Owned> by_place;
  for (const view::MappingGroup& group : e.report.memory.mappings) {
    if (group.use != heap::MappingUse::kOther || group.resident == 0) continue;
    const view::MappingPointer* const pointing = owner_of(group);
    if (pointing == nullptr) continue;
    Owned& owned = by_place[view::with_any_index(pointing->place)];
    owned.mappings += group.count;
    owned.bytes += group.resident;
    owned.words += group.pointers;
    if (group.resident <= owned.largest) continue;
    owned.largest = group.resident;
    owned.first = group.first;
    owned.type = pointing->type;
  }
  for (const auto& [place, owned] : by_place)
    if (owned.bytes >= e.smallest && is_share_of_process(e.report, owned.bytes, kShare))
      add_owned(e, place, owned, out);
}

constexpr Threshold kThresholds[] = {
    {"a quarter of what is resident, and 1 MiB or 1 % of the live bytes, for one place that leads to it",
     "a cache outside of the heap is often meant to be there; less is not worth a word"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "off-heap",
              .family = "runtime and operating system",
              .looks_for = "memory that the program has mapped itself and that Go objects lead to",
              .needs = {.proven = {},
                        .strong = {},
                        .possible = "words of Go memory that are addresses in other mappings; a cache outside of the "
                                    "heap may be as large as it is meant to be"},
              .thresholds = kThresholds,
              .change = "bound it, or unmap what is not needed any more"},
    .run = find_off_heap};

}  // namespace holdfast::detect::off_heap
