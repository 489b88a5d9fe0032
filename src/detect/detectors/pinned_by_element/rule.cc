#include <algorithm>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/units.h"
#include "detect/detector_list.h"
#include "detect/headed_arrays.h"

namespace holdfast::detect::pinned_by_element {
namespace {

using view::Confidence;
using view::Finding;
using view::sentence;

constexpr int kMostNestedTypes = 64;

// Whether a value of the type `part` lies there in values of `type` that follow one another.
bool has_part(const heap::Snapshot& s, TypeId type, std::uint64_t at, TypeId part) {
  if (!type || s.types[type.row].size == 0) return false;
  at %= s.types[type.row].size;
  for (int depth = 0; type && depth < kMostNestedTypes; ++depth) {
    if (type == part && at == 0) return true;
    const heap::Type& row = s.types[type.row];
    TypeId inside;
    if (row.kind == heap::TypeKind::kArray && row.elem && s.types[row.elem.row].size > 0) {
      inside = row.elem;
      at %= s.types[row.elem.row].size;
    }
    for (std::uint32_t f = row.first_field; f < row.first_field + row.field_count && !inside; ++f) {
      const heap::Field& field = s.fields[f];
      if (!field.type || at < field.offset || at - field.offset >= s.types[field.type.row].size) continue;
      inside = field.type;
      at -= field.offset;
    }
    type = inside;
  }
  return false;
}

// Whether a pointer to it may well be used for what lies behind it: unsafe code makes all sorts of things of bytes, and
// the runtime puts more behind some of its structures.
bool may_be_more(const heap::Snapshot& s, TypeId type) {
  const heap::Type& row = s.types[type.row];
  const std::string_view name = row.name ? s.strings[row.name] : std::string_view();
  return row.size == 1 || name.starts_with("runtime.") || name.starts_with("internal/") || name.starts_with("reflect.");
}

// What the pointers to elements of an array say of how it is meant.
struct Aim {
  bool is_one = false;    // each reaches one element and no more
  bool is_inner = false;  // one of them does not lead to the beginning, as a pointer to the whole would
  bool is_array = true;   // it is not one large value with parts
};

Aim aim_of(const Evidence& e, const HeadedArray& array) {
  const heap::Snapshot& s = e.snapshot;
  const std::uint64_t header = s.spans[e.names.index().find_span(array.object).row].header;
  const heap::ObjectType known = s.object_type[array.object.row];
  const bool is_certain = known && known.known_by() < heap::KnownBy::kPropagated;
  const TypeId common = s.types[array.elements.front()->type.row].elem;
  Aim aim;
  for (const heap::LargeHeader* const pointer : array.elements) {
    const TypeId element = s.types[pointer->type.row].elem;
    if (!element || pointer->begin < header || may_be_more(s, element)) return aim;
    const std::uint64_t at = pointer->begin - header;
    const bool fits =
        is_certain ? has_part(s, known.type(), at, element) : element == common && at % s.types[element.row].size == 0;
    if (!fits) return aim;
    aim.is_inner = aim.is_inner || at > 0;
  }
  // Of bytes of which nothing is known a pointer to the first ones may mean all.
  aim.is_one = is_certain || aim.is_inner;
  aim.is_array = !is_certain || s.types[known.type().row].size * 2 <= array.size;
  return aim;
}

// The ranges of an array that pointers to elements and slices reach, ascending.
using Ranges = std::vector<std::pair<std::uint64_t, std::uint64_t>>;

Ranges ranges_of(const HeadedArray& array) {
  Ranges ranges;
  for (const view::SliceHeader& header : array.headers)
    ranges.emplace_back(header.begin, header.begin + header.capacity);
  for (const heap::LargeHeader* const pointer : array.elements)
    ranges.emplace_back(pointer->begin, pointer->begin + pointer->length);
  std::ranges::sort(ranges);
  Ranges joined;
  for (const auto& range : ranges) {
    if (joined.empty() || range.first > joined.back().second)
      joined.push_back(range);
    else
      joined.back().second = std::max(joined.back().second, range.second);
  }
  return joined;
}

std::uint64_t bytes_of(const Ranges& ranges) {
  std::uint64_t bytes = 0;
  for (const auto& [begin, end] : ranges) bytes += end - begin;
  return bytes;
}

// Bytes that only words of the array out of the ranges keep alive.
std::uint64_t kept_beside(const Evidence& e, const HeadedArray& array, const Ranges& ranges) {
  if (array.object.row >= e.snapshot.pointerful) return 0;
  std::unordered_set<std::uint32_t> used, beside;
  auto range = ranges.begin();
  std::uint64_t offset = 0;
  for (const std::uint32_t edge : e.snapshot.edges.of(array.object.row)) {
    offset += heap::edge_step(e.snapshot.edges, edge);
    while (range != ranges.end() && range->second <= offset) ++range;
    const bool is_used = range != ranges.end() && range->first <= offset;
    (is_used ? used : beside).insert(e.snapshot.edges.target[edge]);
  }
  std::uint64_t bytes = 0;
  for (const std::uint32_t row : beside)
    if (!used.contains(row) && e.dominators.idom(ObjectId(row)).object() == array.object)
      bytes += e.dominators.retained_bytes(ObjectId(row));
  return bytes;
}

struct Sum {
  std::uint64_t size = 0, reached = 0, kept = 0, pointers = 0, slices = 0, inner = 0;
  bool is_guessed = false;  // the type of some place is
  bool has_values = false;  // some of them are no arrays
};

Sum sum_of(const Evidence& e, const ArraysOfAPlace& arrays) {
  Sum sum;
  for (const HeadedArray* const array : arrays) {
    const Ranges ranges = ranges_of(*array);
    const Aim aim = aim_of(e, *array);
    sum.size += array->size;
    sum.reached += bytes_of(ranges);
    sum.kept += kept_beside(e, *array, ranges);
    sum.pointers += array->elements.size();
    sum.slices += array->headers.size();
    sum.inner += aim.is_inner;
    sum.is_guessed = sum.is_guessed || array->is_guessed;
    sum.has_values = sum.has_values || !aim.is_array;
  }
  return sum;
}

void add_place(const Evidence& e, const ArraysOfAPlace& arrays, std::vector<Suspicion>& out) {
  const Sum sum = sum_of(e, arrays);
  const std::uint64_t unreached = sum.size - sum.reached;
  if (unreached + sum.kept < e.smallest) return;
  view::HoldingPlace place = e.places.place_of(arrays.front()->object);
  if (arrays.size() > 1) place.text = {view::with_any_index(place.text.full), view::with_any_index(place.text.brief)};
  // A pointer to the first element of an array may stand for the array, as code that uses unsafe has it.
  const bool is_strong = !sum.is_guessed && sum.inner * 2 >= arrays.size();
  Suspicion& suspicion = suspect(out, kDetector, {place.text.full, place.identity},
                                 is_strong ? Confidence::kStrong : Confidence::kPossible);
  for (const HeadedArray* const array : arrays) suspicion.removal.nodes.emplace_back(array->object);
  suspicion.is_exact = true;
  Finding& finding = suspicion.finding;
  finding.bytes = finding.exclusive_bytes = unreached + sum.kept;
  finding.count = arrays.size();
  finding.chain = place.chain;
  finding.title =
      sentence("{} of {} {} for {} to {}, at {}", format_count(arrays.size(), sum.has_values ? "object" : "array"),
               format_bytes(sum.size), arrays.size() == 1 ? "stays" : "stay", format_count(sum.pointers, "pointer"),
               sum.has_values ? "parts of them" : "single elements", place.text);
  const std::string others = sum.slices > 0 ? fmt::format(" and {}", format_count(sum.slices, "slice")) : std::string();
  finding.because = sentence("{} can be reached by nobody: nothing but these pointers{} refers to them",
                             format_bytes(unreached), others);
  if (sum.kept > 0) finding.because += sentence("; what is there keeps {} alive", format_bytes(sum.kept));
  finding.fix = sentence(
      "copy the element to where it is kept, or allocate elements one by one: a pointer to one keeps all of them");
}

// Finds arrays of which little but single elements is within reach.
void find_pinned_by_element(const Evidence& e, std::vector<Suspicion>& out) {
  const auto groups = e.arrays.by_place([&](const HeadedArray& array) {
    return !array.elements.empty() && aim_of(e, array).is_one &&
           bytes_of(ranges_of(array)) * HeadedArrays::kMostCovered <= array.size;
  });
  for (const ArraysOfAPlace& arrays : groups) add_place(e, arrays, out);
}

}  // namespace

constexpr Threshold kThresholds[] = {
    {"an array of 1 KiB", "captures tell of no smaller ones where pointers lead in them"},
    {"a quarter of each array at most can be reached", "elements that are made together often go together"},
    {"1 MiB or 1 % of the live bytes that nobody can reach, or that only this keeps, at one place",
     "less is not worth a word"}};

const Detector kDetector = {
    .facts = {.id = "pinned-by-element",
              .family = "slices and strings",
              .looks_for = "large arrays that stay for pointers to single elements",
              .needs = {.proven = {},
                        .strong = "all words that lead to the array are pointers to one element each, of known type, "
                                  "or slices of known lengths; only package unsafe could reach the rest",
                        .possible = "the same, where the type of some place with a pointer was guessed, or where most "
                                    "pointers lead to the first element, which code with unsafe may mean as the array"},
              .thresholds = kThresholds,
              .change = "copy the element to where it is kept, or allocate elements one by one"},
    .run = find_pinned_by_element};

}  // namespace holdfast::detect::pinned_by_element
