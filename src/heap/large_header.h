// Headers of slices and strings that stand in memory and refer to large objects, and pointers to single elements of
// such. Lengths, and where in an object a word leads, are content, which few snapshots have; these rows keep what is
// worth most of it.
#pragma once

#include <cstdint>
#include <tuple>

#include "base/ids.h"

namespace holdfast::heap {

// Of an object with slots of at least this many bytes the headers that refer to it have rows.
constexpr std::uint64_t kLeastBytesOfLargeHeader = 1024;

// Of smaller ones, from this size on, headers have rows that reach no more than this share of an object without
// pointers, as of a word that keeps the line that it was cut from. Others that refer to the same object may have none.
// There are at most so many of these rows, about.
constexpr std::uint64_t kLeastBytesOfSmallArray = 128;
constexpr std::uint64_t kMostReached = 4;  // a quarter, with what the capacity reaches
constexpr std::uint64_t kMostSmallHeaders = 1 << 18;

// A plain pointer (*T) reaches one T and no more, unless unsafe code makes another type of it. It has a row, too, if
// the object has room for at least so many of these, and all such pointers together reach no more than that share of
// the object: of others nobody needs to know. Of one in an interface the row is about the interface's second word.
constexpr std::uint64_t kFewestElements = 4;

// It stands in an object, garbage too, or in a package variable: one of `object` and `variable` is none. Sizes and
// offsets are in bytes. What only looks like a header, by the type of its place, but contradicts itself or what it
// refers to, has no row. Headers in frames are Snapshot::frame_headers.
struct LargeHeader {
  ObjectId object = {};        // who has it
  RootId variable = {};        // who has it
  ObjectId into = {};          // what it refers to
  TypeId type = {};            // []T or string; of an element pointer *T
  std::uint64_t at = 0;        // of its first word, from the start of the object's slot, or from Root::where
  std::uint64_t begin = 0;     // from the start of the slot of `into`
  std::uint64_t length = 0;    // of `into`
  std::uint64_t capacity = 0;  // of `into`; that of a string is its length. Both of a pointer: the size of a T

  bool operator==(const LargeHeader&) const = default;
};

// Rows are in the order of their places: first those in objects.
inline auto place_of(const LargeHeader& header) {
  return std::tuple(header.object, header.variable, header.at);
}

}  // namespace holdfast::heap
