#include "detect/headed_arrays.h"

#include <algorithm>
#include <map>
#include <numeric>

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
  const std::span<const view::SliceHeader> headers = found_.headers;
  for (std::size_t from = 0; from < headers.size();) {
    std::size_t to = from;
    while (to < headers.size() && headers[to].into == headers[from].into) ++to;
    const HeadedArray array = array_of(headers.subspan(from, to - from));
    if (array.covered * kMostCovered <= array.size) arrays_->push_back(array);
    from = to;
  }
  return *arrays_;
}

// A bit per object; empty if it is not worth a search. Headers in frames come later, and cover more.
std::vector<bool> HeadedArrays::candidates() const {
  const auto& rows = snapshot_.large_headers;
  std::vector<std::uint32_t> order(rows.size());
  std::iota(order.begin(), order.end(), 0U);
  std::erase_if(order, [&](std::uint32_t row) { return rows[row].object && !dominators_.reachable(rows[row].object); });
  std::ranges::sort(order, {}, [&](std::uint32_t row) { return std::pair(rows[row].into, rows[row].begin); });
  const graph::ObjectSizes sizes(snapshot_);
  std::vector<bool> wanted(snapshot_.objects);
  std::uint64_t at_stake = 0;
  for (std::size_t from = 0; from < order.size();) {
    const ObjectId into = rows[order[from]].into;
    Union covered;
    std::size_t to = from;
    for (; to < order.size() && rows[order[to]].into == into; ++to)
      covered.add(rows[order[to]].begin, rows[order[to]].begin + rows[order[to]].length);
    from = to;
    const std::uint64_t size = sizes.size_of(into);
    if (covered.bytes() * kMostCovered > size) continue;
    wanted[into.row] = true;
    // What pointers in it keep counts, too.
    at_stake += std::max(size, dominators_.retained_bytes(into)) - covered.bytes();
  }
  if (at_stake < smallest_) wanted.clear();
  return wanted;
}

HeadedArray HeadedArrays::array_of(std::span<const view::SliceHeader> headers) const {
  HeadedArray array;
  array.object = headers.front().into;
  array.size = names_.index().size_of(array.object);
  array.headers = headers;
  Union covered, within;
  for (const view::SliceHeader& header : headers) {
    covered.add(header.begin, header.begin + header.length);
    within.add(header.begin, header.begin + header.capacity);
    if (const ObjectId from = header.from.object())
      array.is_guessed = array.is_guessed || snapshot_.object_type[from.row].known_by() >= heap::KnownBy::kInferred;
  }
  array.covered = covered.bytes();
  array.within = within.bytes();
  const auto is_named = [&](const auto& rows, auto member) {
    const auto found = std::ranges::lower_bound(rows, array.object, {}, member);
    return found != rows.end() && (*found).*member == array.object;
  };
  array.has_others =
      is_named(found_.others, &view::OtherPointer::into) || is_named(snapshot_.actors, &heap::Actor::object);
  return array;
}

std::vector<ArraysOfAPlace> HeadedArrays::grouped(ArraysOfAPlace chosen) const {
  std::map<std::pair<std::uint64_t, std::uint64_t>, ArraysOfAPlace> places;
  HeaderPlaces place_of(snapshot_, names_);
  for (const HeadedArray* const array : chosen) places[place_of.of(array->longest())].push_back(array);
  std::vector<ArraysOfAPlace> out;
  for (auto& [place, arrays] : places) {
    std::ranges::stable_sort(
        arrays, [](const HeadedArray* a, const HeadedArray* b) { return a->uncovered() > b->uncovered(); });
    out.push_back(std::move(arrays));
  }
  return out;
}

}  // namespace holdfast::detect
