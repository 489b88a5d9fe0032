#include <map>
#include <tuple>

#include "base/units.h"
#include "detect/detector_list.h"
#include "heap/field_path.h"
#include "heap/object_index.h"
#include "view/reused_numbers.h"
#include "view/target_bytes.h"

namespace holdfast::detect::dangling {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

// Words at one place in objects of one type.
struct Place {
  std::uint64_t count = 0;
  Address object, value;  // of the first
};

std::string place_of(const Evidence& e, ObjectId object, std::uint64_t at) {
  const heap::Snapshot& s = e.snapshot;
  const heap::Span& span = s.spans[e.names.index().find_span(object).row];
  const TypeId type = s.object_type[object.row].type();
  const std::string name =
      type && s.types[type.row].name ? std::string(s.strings[s.types[type.row].name]) : "an object of unknown type";
  if (at < span.header) return name;
  const heap::FieldPath path = field_path(s, type, at - span.header, span.slot_size - span.header);
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

void note(const Evidence& e, ObjectId object, Address value, Place& place) {
  if (place.count++ > 0) return;
  place.object = e.names.index().address_of(object);
  place.value = value;
}

void find_stale_words(const Evidence& e, std::vector<Suspicion>& out) {
  std::map<std::tuple<bool, std::string>, Place> places;
  for (const heap::StaleWord& word : e.snapshot.stale_words)
    if (e.dominators.reachable(word.object))
      note(e, word.object, word.value, places[{word.is_pointer, place_of(e, word.object, word.at)}]);
  for (const auto& [key, place] : places) add_place(std::get<1>(key), std::get<0>(key), place, out);
}

void add_reused(const Evidence& e, const std::string& name, const Place& place, std::vector<Suspicion>& out) {
  Suspicion& suspicion = suspect(out, kDetector, {name, {name, "reused"}}, Confidence::kPossible);
  suspicion.is_danger = true;
  Finding& finding = suspicion.finding;
  finding.count = place.count;
  finding.title =
      sentence("{} at {} {} memory that may have been freed and used again", format_count(place.count, "number"),
               view::named(name), place.count == 1 ? "is an address of" : "are addresses of");
  const ObjectId named = e.names.index().find_object(place.value);
  finding.because = sentence(
      "in the object at {:#x} it is {:#x}, where {} is; nearly all other numbers at this place name objects of one "
      "other type; `holdfast dangling` lists all such words",
      place.object.value, place.value.value, view::named(e.names.type_of(named)));
  finding.fix = sentence(
      "keep a pointer as well for as long as the number is used: a uintptr keeps nothing alive; if objects of several "
      "types are meant there, nothing is wrong");
}

// What the numbers are is user data, which is only there if somebody asks for it.
void find_reused(const Evidence& e, std::vector<Suspicion>& out) {
  if (!e.snapshot.content.known()) return;
  const view::TargetBytes bytes(e.snapshot, e.names.index());
  const auto reached = [&](ObjectId object) { return e.dominators.reachable(object); };
  std::map<std::string, Place> places;
  for (const view::ReusedNumber& number : view::find_reused_numbers(e.snapshot, e.names.index(), bytes, reached))
    note(e, number.object, number.value, places[place_of(e, number.object, number.at)]);
  for (const auto& [name, place] : places) add_reused(e, name, place, out);
}

void find_dangling(const Evidence& e, std::vector<Suspicion>& out) {
  find_stale_words(e, out);
  find_reused(e, out);
}

constexpr Threshold kThresholds[] = {
    {"one pointer", "the runtime takes care that there is none"},
    {"one number of type uintptr, in an object whose type is known for sure", "other numbers may only look like it"},
    {"20 numbers at one place that name objects of one type, for each that names something else",
     "of fewer, and where they are more, no type is usual"}};

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
                                    "it may never be used as one again; or, where content is "
                                    "read (--values), it names an object of a type that hardly any other number at "
                                    "its place names, so that the memory may be in use again"},
              .thresholds = kThresholds,
              .change = "keep a pointer for as long as the number is used"},
    .run = find_dangling};

}  // namespace holdfast::detect::dangling
