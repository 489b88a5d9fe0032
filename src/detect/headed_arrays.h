// Large objects that slices and strings refer to and cover little of: what they cover, and whether anything else leads
// there. Behind the detectors of slices and strings. Sizes and offsets are in bytes. One thread; throws when it is
// cancelled.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "graph/dominators.h"
#include "heap/snapshot.h"
#include "view/names.h"
#include "view/slice_headers.h"

namespace holdfast::detect {

struct HeadedArray {
  ObjectId object;
  std::uint64_t size = 0;     // of its slot
  std::uint64_t covered = 0;  // by lengths, each byte once
  std::uint64_t within = 0;   // by lengths, and by what slices have as capacity behind them
  bool is_guessed = false;    // that something is such a header: its object's type is a guess, or known in part only
  bool is_view = false;       // images of package image alone refer to it, as parts of a larger one that is gone
  bool has_others = false;    // something else leads there too: a pointer, a word of a stack, perhaps C
  std::span<const view::SliceHeader> headers;      // all that refer to it, by where they begin
  std::vector<const heap::LargeHeader*> elements;  // the others, if all of them are pointers to single elements

  std::uint64_t uncovered() const { return size - covered; }
  std::uint64_t spare() const { return within - covered; }  // covered by nothing but capacity
  const view::SliceHeader& longest() const;                 // there must be a header
  // Whether a word of the object that lies there is covered by a length, or could be by a capacity.
  bool is_covered(std::uint64_t offset) const;
  bool is_within(std::uint64_t offset) const;
};

// Arrays whose longest header, or first pointer to an element, stands at one place (detect/map_parts.h).
using ArraysOfAPlace = std::vector<const HeadedArray*>;

class HeadedArrays {
 public:
  // Of which two fifths at most are covered: a slice that has just doubled is half full, or nearly so when its size was
  // rounded up.
  static bool is_little(std::uint64_t covered, std::uint64_t size) { return covered * 5 <= size * 2; }
  // Most detectors want no more than this share to be covered.
  static constexpr std::uint64_t kMostCovered = 4;  // a quarter

  // All must outlive this. `smallest`: nothing is looked for if less than that is uncovered, or held, altogether.
  HeadedArrays(const heap::Snapshot& snapshot, const view::Names& names, const graph::Dominators& dominators,
               std::uint64_t smallest)
      : snapshot_(snapshot), names_(names), dominators_(dominators), smallest_(smallest) {}

  // Returns them by object: all have headers, or pointers to elements, and little is covered or they are views. They
  // are searched for at the first call: one pass over the edges.
  const std::vector<HeadedArray>& all();
  // Returns those that pass the test by place, each list with the largest first.
  template <typename Test>
  std::vector<ArraysOfAPlace> by_place(const Test& test) {
    ArraysOfAPlace chosen;
    for (const HeadedArray& array : all())
      if (test(array)) chosen.push_back(&array);
    return grouped(std::move(chosen));
  }

 private:
  std::vector<bool> candidates() const;
  bool is_view_at(ObjectId image, std::uint64_t begin, ObjectId array) const;
  HeadedArray array_of(ObjectId object, std::span<const view::SliceHeader> headers,
                       std::span<const view::OtherPointer> others) const;
  std::vector<const heap::LargeHeader*> element_pointers(std::span<const view::OtherPointer> others) const;
  std::vector<ArraysOfAPlace> grouped(ArraysOfAPlace chosen) const;

  const heap::Snapshot& snapshot_;
  const view::Names& names_;
  const graph::Dominators& dominators_;
  std::uint64_t smallest_;
  std::optional<std::vector<HeadedArray>> arrays_;
  view::SliceHeaders found_;
};

}  // namespace holdfast::detect
