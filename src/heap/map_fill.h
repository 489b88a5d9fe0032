// How full large maps are.
#pragma once

#include <cstdint>
#include <optional>

#include "base/ids.h"

namespace holdfast::heap {

// A map that has room for at least this many entries has a row; what a smaller one can waste is not worth it.
constexpr std::uint64_t kLeastSlotsOfMapFill = 64;

// What a map's tables show of entries that were deleted from it. Each growth wipes that out, part by part.
enum class DeleteTraces : std::uint8_t {
  kUnknown,  // the tables could not be read, or an older holdfast wrote the file
  kNone,     // no slot shows that something was deleted; a few deletes may have left nothing
  kSome,
};

// What a map says of itself at the moment of the look (Go 1.19-1.27).
struct MapFill {
  ObjectId header;            // of the map
  std::uint64_t entries = 0;  // len(); at most `slots`
  std::uint64_t slots = 0;    // entries that its tables or buckets have room for, without buckets that others
                              // overflow into, and without those that it is moving away from
  std::uint64_t bytes = 0;    // of the objects that hold these tables or buckets; both may lie there
  DeleteTraces deletes = DeleteTraces::kUnknown;
  // Keys that are NaN, or have one: they equal no key, so no lookup finds them and no delete removes them. None if the
  // keys have no floating-point numbers, or could not be read.
  std::optional<std::uint64_t> nan_keys = {};

  bool operator==(const MapFill&) const = default;
};

}  // namespace holdfast::heap
