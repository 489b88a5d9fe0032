// Which pages of a process hold something, from an open /proc/PID/pagemap.
#pragma once

#include <optional>
#include <vector>

#include "base/address.h"

namespace holdfast::os {

enum class WhichPages {
  kFilled,    // in memory or swapped out
  kInMemory,  // as the resident size counts them
  kOwn,  // in memory, and in nobody else's: without zero pages, but also without those shared after a fork. Only of
         // read_pagemap.
};

// Both: `pages` lies on page borders; the result is ascending and joined. None if the system does not answer.

// PAGEMAP_SCAN, since Linux 6.7: 3 to 6 ns per page. Leaves zero pages out.
std::optional<std::vector<AddressRange>> scan_pagemap(int pagemap, AddressRange pages, WhichPages which);
// The entries, on every Linux: 40 to 90 ns per page. Cannot tell zero pages apart, but for kOwn.
std::optional<std::vector<AddressRange>> read_pagemap(int pagemap, AddressRange pages, WhichPages which);

// The same as what scan_pagemap says of kInMemory, as far as it can be said: of all pages in memory and of those that
// no other process shares, the ones whose sum is nearer to `rss`, the resident size of the range.
std::optional<std::vector<AddressRange>> read_resident(int pagemap, AddressRange pages, std::uint64_t rss);

}  // namespace holdfast::os
