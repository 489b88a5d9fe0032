// Which pages of a process hold something, from an open /proc/PID/pagemap.
#pragma once

#include <optional>
#include <vector>

#include "base/address.h"

namespace holdfast::os {

// Both: `pages` lies on page borders; the result is ascending, joined, and in memory or swapped out. None if the system
// does not answer.

// PAGEMAP_SCAN, since Linux 6.7: 3 to 6 ns per page. Leaves zero pages out.
std::optional<std::vector<AddressRange>> scan_pagemap(int pagemap, AddressRange pages);
// The entries, on every Linux: 40 to 90 ns per page. Cannot tell zero pages apart.
std::optional<std::vector<AddressRange>> read_pagemap(int pagemap, AddressRange pages);

}  // namespace holdfast::os
