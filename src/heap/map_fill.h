// How full large maps are.
#pragma once

#include <cstdint>

#include "base/ids.h"

namespace holdfast::heap {

// A map that has room for at least this many entries has a row; what a smaller one can waste is not worth it.
constexpr std::uint64_t kLeastSlotsOfMapFill = 64;

// What a map says of itself at the moment of the look (Go 1.19-1.27).
struct MapFill {
  ObjectId header;            // of the map
  std::uint64_t entries = 0;  // len(); at most `slots`
  std::uint64_t slots = 0;    // entries that its tables or buckets have room for, without buckets that others
                              // overflow into, and without those that it is moving away from
  std::uint64_t bytes = 0;    // of the objects that hold these tables or buckets; both may lie there

  bool operator==(const MapFill&) const = default;
};

}  // namespace holdfast::heap
