#include "detect/headed_arrays.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "detect/map_parts.h"
#include "graph/object_sizes.h"

namespace holdfast::detect {
namespace {

// Adds up ranges that come in the order of their beginnings, each byte once.
class Union {
 public:
  void add(std::uint64_t begin, std::uint64_t end) {
    if (end > to_) bytes_ += end - std::max(to_, begin);
    to_ = std::max(to_, end);
  }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint64_t to_ = 0, bytes_ = 0;
};

// Takes those that refer to the object off the front.
template <typename Row>
std::span<const Row> taken_of(ObjectId object, std::span<const Row>& rows) {
  std::size_t count = 0;
  while (count < rows.size() && rows[count].into == object) ++count;
  const std::span<const Row> taken = rows.first(count);
  rows = rows.subspan(count);
  return taken;
}

}  // namespace

const view::SliceHeader& HeadedArray::longest() const {
  return *std::ranges::max_element(headers, {}, &view::SliceHeader::length);
}

bool HeadedArray::is_covered(std::uint64_t offset) const {
  return std::ranges::any_of(headers, [&](const view::SliceHeader& header) {
    return offset >= header.begin && offset - header.begin < header.length;
  });
}

bool HeadedArray::is_within(std::uint64_t offset) const {
  return std::ranges::any_of(headers, [&](const view::SliceHeader& header) {
    return offset >= header.begin && offset - header.begin < header.capacity;
  });
}

const std::vector<HeadedArray>& HeadedArrays::all() {
  if (arrays_) return *arrays_;
  arrays_.emplace();
  const std::vector<bool> wanted = candidates();
  if (wanted.empty()) return *arrays_;
  found_ = view::find_slice_headers(
      snapshot_, names_.index(), [&](ObjectId object) { return dominators_.reachable(object); },
      [&](ObjectId object) { return wanted[object.row]; });
  std::span<const view::SliceHeader> headers = found_.headers;
  std::span<const view::OtherPointer> others = found_.others;
  while (!headers.empty() || !others.empty()) {
    const ObjectId object = others.empty() || (!headers.empty() && headers.front().into < others.front().into)
                                ? headers.front().into
                                : others.front().into;
    HeadedArray array = array_of(object, taken_of(object, headers), taken_of(object, others));
    const bool has_any = !array.headers.empty() || !array.elements.empty();
    if (has_any && (array.is_view || is_little(array.covered, array.size))) arrays_->push_back(std::move(array));
  }
  return *arrays_;
}

// A bit per object; empty if it is not worth a search. Headers in frames come later, and cover more.
std::vector<bool> HeadedArrays::candidates() const {
  std::vector<const heap::LargeHeader*> rows;
  for (const auto* const table : {&snapshot_.large_headers, &snapshot_.element_pointers})
    for (const heap::LargeHeader& row : *table)
      if (!row.object || dominators_.reachable(row.object)) rows.push_back(&row);
  std::ranges::sort(rows, {}, [](const heap::LargeHeader* row) { return std::pair(row->into, row->begin); });
  const graph::ObjectSizes sizes(snapshot_);
  std::vector<bool> wanted(snapshot_.objects);
  std::uint64_t at_stake = 0;
  for (std::size_t from = 0; from < rows.size();) {
    const ObjectId into = rows[from]->into;
    Union covered;
    const bool is_view = is_view_at(rows[from]->object, rows[from]->begin, into);
    for (; from < rows.size() && rows[from]->into == into; ++from)
      covered.add(rows[from]->begin, rows[from]->begin + rows[from]->length);
    const std::uint64_t size = sizes.size_of(into);
    if (!is_view && !is_little(covered.bytes(), size)) continue;
    wanted[into.row] = true;
    // What pointers in it keep counts, too.
    at_stake += std::max(size, dominators_.retained_bytes(into)) - covered.bytes();
  }
  if (at_stake < smallest_) wanted.clear();
  return wanted;
}

// SubImage makes an image whose pixels begin within the array of the larger one, and go on to its end: only its Rect
// says which of these it shows.
bool HeadedArrays::is_view_at(ObjectId image, std::uint64_t begin, ObjectId array) const {
  if (!image || begin <= snapshot_.spans[names_.index().find_span(array).row].header) return false;
  const TypeId type = snapshot_.object_type[image.row].type();
  return type && snapshot_.strings[snapshot_.types[type.row].name].starts_with("image.");
}

HeadedArray HeadedArrays::array_of(ObjectId object, std::span<const view::SliceHeader> headers,
                                   std::span<const view::OtherPointer> others) const {
  HeadedArray array;
  array.object = object;
  array.size = names_.index().size_of(object);
  array.headers = headers;
  const auto note_guess = [&](ObjectId from) {
    if (from)
      array.is_guessed = array.is_guessed || snapshot_.object_type[from.row].known_by() >= heap::KnownBy::kInferred;
  };
  Union covered, within;
  for (const view::SliceHeader& header : headers) {
    covered.add(header.begin, header.begin + header.length);
    within.add(header.begin, header.begin + header.capacity);
    note_guess(header.from.object());
  }
  array.is_view = !headers.empty() && std::ranges::all_of(headers, [&](const view::SliceHeader& header) {
    return is_view_at(header.from.object(), header.begin, object);
  });
  array.covered = covered.bytes();
  array.within = within.bytes();
  const bool has_actor = std::ranges::binary_search(snapshot_.actors, object, {}, &heap::Actor::object);
  array.has_others = has_actor || !others.empty();
  if (!has_actor) array.elements = element_pointers(others);
  for (const heap::LargeHeader* const element : array.elements) note_guess(element->object);
  return array;
}

// Empty if there is none, or not all are.
std::vector<const heap::LargeHeader*> HeadedArrays::element_pointers(std::span<const view::OtherPointer> others) const {
  std::vector<const heap::LargeHeader*> rows;
  for (const view::OtherPointer& other : others) {
    const auto place = std::tuple(other.from.object(), other.from.root(), other.at);
    const auto found = std::ranges::lower_bound(snapshot_.element_pointers, place, {}, heap::place_of);
    const bool is_there = found != snapshot_.element_pointers.end() && heap::place_of(*found) == place;
    if (!is_there || found->into != other.into) return {};
    rows.push_back(&*found);
  }
  return rows;
}

std::vector<ArraysOfAPlace> HeadedArrays::grouped(ArraysOfAPlace chosen) const {
  std::map<std::pair<std::uint64_t, std::uint64_t>, ArraysOfAPlace> places;
  HeaderPlaces place_of(snapshot_, names_);
  for (const HeadedArray* const array : chosen) {
    if (array->headers.empty()) {
      const heap::LargeHeader& first = *array->elements.front();
      const graph::NodeId from = first.object ? graph::NodeId(first.object) : graph::NodeId(first.variable);
      places[place_of.of(from, first.at)].push_back(array);
    } else {
      places[place_of.of(array->longest().from, array->longest().at)].push_back(array);
    }
  }
  std::vector<ArraysOfAPlace> out;
  for (auto& [place, arrays] : places) {
    std::ranges::stable_sort(
        arrays, [](const HeadedArray* a, const HeadedArray* b) { return a->uncovered() > b->uncovered(); });
    out.push_back(std::move(arrays));
  }
  return out;
}

}  // namespace holdfast::detect
