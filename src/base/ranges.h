// Lists of address ranges: ascending by begin, and apart from each other unless said otherwise. Ranges are in bytes of
// the target. The functions have no state; any thread may call them.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"

namespace holdfast {

// Adds a range that begins at or behind the end of the last one, and joins the two if they touch.
inline void append_range(std::vector<AddressRange>& ranges, AddressRange more) {
  if (!ranges.empty() && ranges.back().end == more.begin)
    ranges.back().end = more.end;
  else
    ranges.push_back(more);
}

// Sorts ranges in any order; joins what touches or overlaps and leaves out empty ones.
std::vector<AddressRange> joined(std::vector<AddressRange> ranges);
// Sorts ranges in any order; joins what overlaps, but not what only touches, and leaves out empty ones.
std::vector<AddressRange> without_overlaps(std::vector<AddressRange> ranges);
// Returns the parts of `ranges` that lie in none of `others`.
std::vector<AddressRange> without(const std::vector<AddressRange>& ranges, const std::vector<AddressRange>& others);
// Returns the parts of `ranges` that lie in `others`.
std::vector<AddressRange> within(const std::vector<AddressRange>& ranges, const std::vector<AddressRange>& others);
std::uint64_t total_bytes(const std::vector<AddressRange>& ranges);

}  // namespace holdfast
