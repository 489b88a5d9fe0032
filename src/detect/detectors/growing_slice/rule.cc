#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/growth_pace.h"
#include "detect/holders.h"
#include "heap/field_path.h"
#include "view/names.h"

namespace holdfast::detect::growing_slice {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr std::uint64_t kLeastElements = 1'000;
constexpr std::uint64_t kLeastGrowth = 10;  // by a tenth, since an earlier look
constexpr std::uint64_t kLeastCollections = 2, kLeastCame = 100, kLeastSame = 100;

// An array, and all smaller ones that append has made before it, have five times its bytes together. They are no work
// of the program that came with the elements.
constexpr std::uint64_t kSumOfArrays = 5;

// The room before append made it that large: of slices with 256 elements or more it adds a quarter and 192 (Go 1.18 and
// later), and rounds up.
std::uint64_t most_room_before(std::uint64_t elements) {
  constexpr std::uint64_t kMore = 192;
  return elements < kMore ? 0 : (elements - kMore) * 4 / 5;
}

// A slice at the beginning of its array.
struct Slice {
  const heap::LargeHeader* header = nullptr;
  std::uint64_t element = 0;  // bytes
  std::uint64_t count = 0, room = 0;
};

// Since the last collection, at least.
struct Came {
  std::uint64_t count = 0;
  bool is_by_pointers = false;  // the elements tell; else the array
};

class GrowingSlices {
 public:
  GrowingSlices(const Evidence& e, std::vector<Suspicion>& out) : e_(e), out_(out) {}

  void run() {
    for (const heap::LargeHeader& header : e_.snapshot.large_headers) {
      const auto slice = slice_of(header);
      if (!slice || header.length < least_of_growth(e_) || !is_held_for_long(e_, header.into)) continue;
      if (e_.report.since)
        add_if_it_grew(*slice, *e_.report.since);
      else
        look_at_the_pace(*slice);
    }
  }

 private:
  // None if it is none, or if others than the first elements may be gone.
  std::optional<Slice> slice_of(const heap::LargeHeader& header) const {
    const heap::Type& type = e_.snapshot.types[header.type.row];
    const bool is_reached =
        e_.dominators.reachable(header.into) && (!header.object || e_.dominators.reachable(header.object));
    if (type.kind != heap::TypeKind::kSlice || !type.elem || !is_reached) return std::nullopt;
    const std::uint64_t element = e_.snapshot.types[type.elem.row].size;
    if (element == 0 || header.begin != span_of(header.into).header) return std::nullopt;
    const Slice slice{&header, element, header.length / element, header.capacity / element};
    return slice.count < kLeastElements ? std::nullopt : std::optional(slice);
  }
  const heap::Span& span_of(ObjectId object) const { return e_.snapshot.spans[e_.names.index().find_span(object).row]; }

  void look_at_the_pace(const Slice& slice) {
    const std::optional<Came> came = came_to(slice);
    if (!came || came->count == 0) return;
    if (!pace_) pace_.emplace(e_.snapshot);
    const std::uint64_t apart = is_fresh(slice.header->into) ? 0 : kSumOfArrays * slice.header->capacity;
    const auto in_all = pace_->in_all(came->count, apart);
    if (in_all && are_nearly_all(slice.count, *in_all)) add(slice, *came, *in_all);
  }

  // Texts grow in one go, and lie in arrays of their own; all else that append has made comes bit by bit as a rule.
  std::optional<Came> came_to(const Slice& slice) const {
    if (const auto count = fresh_end(slice)) return Came{*count, true};
    const ObjectId array = slice.header->into;
    const std::uint64_t before = most_room_before(slice.room);
    if (slice.element == 1 || !fills_its_slot(slice) || !is_fresh(array) || slice.count <= before) return std::nullopt;
    return Came{slice.count - before, false};
  }

  // append takes whatever the slot has room for; make asks for a number of elements.
  bool fills_its_slot(const Slice& slice) const {
    const std::uint64_t end = slice.header->begin + slice.header->capacity;
    return e_.names.index().size_of(slice.header->into) - end < slice.element;
  }

  // How many elements there are from the first one on that refers to something new. None if there is none, if it is the
  // first of all, or if there are many behind it that do not: then elements were changed where they are.
  std::optional<std::uint64_t> fresh_end(const Slice& slice) const {
    if (slice.header->into.row >= e_.snapshot.pointerful) return std::nullopt;
    std::uint64_t offset = 0, first = 0, fresh = 0, old = 0;
    for (const std::uint32_t edge : e_.snapshot.edges.of(slice.header->into.row)) {
      offset += heap::edge_step(e_.snapshot.edges, edge);
      if (offset >= slice.header->begin + slice.header->length) break;
      if (is_fresh(ObjectId(e_.snapshot.edges.target[edge]))) {
        if (fresh++ == 0) first = (offset - slice.header->begin) / slice.element;
      } else if (fresh > 0) {
        ++old;
      }
    }
    if (fresh == 0 || first == 0 || old > fresh / 4) return std::nullopt;
    return slice.count - first;
  }
  bool is_fresh(ObjectId object) const { return heap::test_bit(e_.snapshot.fresh, object.row); }

  // With an earlier look.
  void add_if_it_grew(const Slice& slice, const view::Since& since) {
    const view::GrownSlice* const old = since.grown_slice(view::word_of(e_.snapshot, e_.names.index(), *slice.header));
    if (old == nullptr) return;
    const std::uint64_t grown = slice.header->length - old->length_before;
    if (grown < e_.smallest || grown < old->length_before / kLeastGrowth) return;
    const bool is_sure = old->same_pointers && old->pointers_before >= kLeastSame &&
                         grown / slice.element >= kLeastCame && since.collections.value_or(0) >= kLeastCollections &&
                         is_of_one(slice.header->into);
    add_grown(slice, *old, since, is_sure ? Confidence::kStrong : Confidence::kPossible);
  }
  bool is_of_one(ObjectId object) const { return static_cast<bool>(e_.dominators.top(object).root()); }

  // What both ways say of it.
  Suspicion& add(const Slice& slice, Confidence confidence) {
    const ObjectId array = slice.header->into;
    const view::HoldingPlace place = e_.places.place_of(array);
    Suspicion& suspicion = suspect(out_, kDetector, {place.text.full, place.identity}, confidence);
    suspicion.removal.nodes = {array};
    Finding& finding = suspicion.finding;
    finding.bytes = finding.exclusive_bytes = e_.dominators.retained_bytes(array);
    finding.count = slice.count;
    finding.chain = place.chain;
    finding.fix = sentence(
        "if nothing else bounds it: keep the newest only, as in a ring, or write out what is there and begin anew");
    return suspicion;
  }
  view::Sentence what_it_is(const Slice& slice) const {
    return sentence("{} × {} in one array of {}", format_count(slice.count), element_text(slice),
                    e_.places.place_of(slice.header->into).text);
  }
  view::Sentence element_text(const Slice& slice) const {
    const heap::Type& type = e_.snapshot.types[slice.header->type.row];
    return view::named(std::string(e_.snapshot.strings[e_.snapshot.types[type.elem.row].name]));
  }

  void add(const Slice& slice, const Came& came, std::uint64_t in_all) {
    Finding& finding = add(slice, Confidence::kPossible).finding;
    finding.title = sentence("{} gather: few or none have ever gone", what_it_is(slice));
    finding.because = sentence(
        "{} of them or more came since the last of {}, {}, with {} of the {} that the program has ever allocated: at "
        "that pace about {} came in all its life, so nearly all are still there",
        format_count(came.count), format_count(pace_->collections(), "collection"),
        came.is_by_pointers ? "as what they refer to shows" : "as append has made the array larger since",
        format_bytes(pace_->allocated_since()), format_bytes(pace_->allocated()), format_count(in_all));
  }

  void add_grown(const Slice& slice, const view::GrownSlice& old, const view::Since& since, Confidence confidence) {
    Finding& finding = add(slice, confidence).finding;
    finding.title =
        sentence("{} grow: {} more than {}", what_it_is(slice), format_bytes(slice.header->length - old.length_before),
                 since.seconds ? format_seconds(*since.seconds) + " before" : "at the earlier look");
    finding.because =
        sentence("{} there then, {} now", format_count(old.length_before / slice.element), format_count(slice.count));
    if (old.same_pointers && old.pointers_before > 0)
      finding.because += sentence("; the elements of then are still where they were, with the same {}{}",
                                  format_count(old.pointers_before, "pointer"),
                                  since.collections ? ", over " + format_count(*since.collections, "collection") : "");
  }

  const Evidence& e_;
  std::vector<Suspicion>& out_;
  std::optional<GrowthPace> pace_;  // made when the first slice asks
};

// Finds slices of values that only get longer. What they have as objects of their own, only-grows sees.
void find_growing_slices(const Evidence& evidence, std::vector<Suspicion>& out) {
  GrowingSlices(evidence, out).run();
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"1,000 elements in one array, and a tenth of the live bytes and a fifteenth of all memory",
     "less is a list of what there is, and does no harm"},
    {"10 of them came since the last of at least 4 collections: those at the end refer to what is new, or append has "
     "made the array larger since, and the length is beyond what it had before",
     "a table that was filled at the start does not grow, and elements that are changed where they are do not tell"},
    {"at the pace since then, a quarter to twice as many would have come in the program's life",
     "what is emptied and filled again has come more often; allocated bytes are the clock"},
    {"with --since: a tenth and 1 MiB or 1 % of the live bytes more than then", "less may be chance"},
    {"with --since, to be strong: two collections between the looks, 100 elements came, and those of then have the "
     "same 100 pointers, or more",
     "what was emptied and filled again refers to other things"}};

const Detector kDetector = {
    .facts = {.id = "growing-slice",
              .family = "slices and strings",
              .looks_for = "slices of values that last, in which everything stays that was ever appended",
              .needs = {.proven = {},
                        .strong = "with --since: it is longer, and its elements of then refer to what they did",
                        .possible = "with --since: it is longer; else as many came lately as would give all that are "
                                    "there in about the program's life; a job may collect its result"},
              .thresholds = kThresholds,
              .change = "if nothing else bounds it, keep the newest only, or write out what is there and begin anew"},
    .run = find_growing_slices};

}  // namespace holdfast::detect::growing_slice
