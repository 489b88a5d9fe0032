// Lists of address ranges: ascending, apart.
#pragma once

#include <vector>

#include "base/address.h"

namespace holdfast::os {

// Adds a range that begins at or behind the end of the last one, joined with it if they touch.
inline void append_range(std::vector<AddressRange>& ranges, AddressRange more) {
  if (!ranges.empty() && ranges.back().end == more.begin)
    ranges.back().end = more.end;
  else
    ranges.push_back(more);
}

}  // namespace holdfast::os
