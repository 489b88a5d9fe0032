#include <map>
#include <tuple>

#include "base/units.h"
#include "detect/detector_list.h"
#include "heap/field_path.h"
#include "heap/object_index.h"

namespace holdfast::detect::dangling {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

// Stale words at one place in objects of one type.
struct Place {
  std::uint64_t count = 0;
  Address object, value;  // of the first
};

std::string place_of(const Evidence& e, const heap::StaleWord& word) {
  const heap::Snapshot& s = e.snapshot;
  const heap::Span& span = s.spans[e.names.index().find_span(word.object).row];
  const TypeId type = s.object_type[word.object.row].type();
  const std::string name =
      type && s.types[type.row].name ? std::string(s.strings[s.types[type.row].name]) : "an object of unknown type";
  if (word.at < span.header) return name;
  const heap::FieldPath path = field_path(s, type, word.at - span.header, span.slot_size - span.header);
  const std::string text = view::with_any_index(path.text);
  return text.empty() || text.starts_with('[') || text.starts_with('.') ? name + text : name + " " + text;
}

void add_place(const std::string& name, bool is_pointer, const Place& place, std::vector<Suspicion>& out) {
  Suspicion& suspicion = suspect(out, kDetector, {name, {name, is_pointer ? "pointer" : "number"}},
                                 is_pointer ? Confidence::kStrong : Confidence::kPossible);
  suspicion.is_danger = true;
  Finding& finding = suspicion.finding;
  finding.count = place.count;
  const bool is_one = place.count == 1;
  finding.title = is_pointer
                      ? sentence("{} at {} {} to memory that was freed: a collection may end the program",
                                 format_count(place.count, "pointer"), view::named(name), is_one ? "leads" : "lead")
                      : sentence("{} at {} {} memory that was freed", format_count(place.count, "number"),
                                 view::named(name), is_one ? "is an address of" : "are addresses of");
  finding.because = sentence(
      "in the object at {:#x} it is {:#x}, where no object is; `holdfast dangling` lists all such "
      "words",
      place.object.value, place.value.value);
  finding.fix = is_pointer ? sentence(
                                 "look for unsafe.Pointer made of a number, for what C wrote there, and for races: "
                                 "the collector did not see this pointer when it freed the object")
                           : sentence(
                                 "keep a pointer as well for as long as the number is used: a uintptr keeps nothing "
                                 "alive; if the number is never used as an address, nothing is wrong");
}

void find_stale_words(const Evidence& e, std::vector<Suspicion>& out) {
  std::map<std::tuple<bool, std::string>, Place> places;
  for (const heap::StaleWord& word : e.snapshot.stale_words) {
    if (!e.dominators.reachable(word.object)) continue;
    Place& place = places[{word.is_pointer, place_of(e, word)}];
    if (place.count++ > 0) continue;
    place.object = e.names.index().address_of(word.object);
    place.value = word.value;
  }
  for (const auto& [key, place] : places) add_place(std::get<1>(key), std::get<0>(key), place, out);
}

constexpr Threshold kThresholds[] = {
    {"one pointer", "the runtime takes care that there is none"},
    {"one number of type uintptr, in an object whose type is known for sure", "other numbers may only look like it"}};

}  // namespace

const Detector kDetector = {
    .facts = {.id = "dangling",
              .family = "unsafe",
              .looks_for = "words of live objects that are addresses of memory that was freed",
              .needs = {.proven = {},
                        .strong =
                            "a word that the collector follows leads to a free slot: the runtime's own bitmaps say "
                            "both",
                        .possible = "a word of type uintptr is an address in a free slot or in free pages of the heap; "
                                    "it may never be used as one again"},
              .thresholds = kThresholds,
              .change = "keep a pointer for as long as the number is used"},
    .run = find_stale_words};

}  // namespace holdfast::detect::dangling
