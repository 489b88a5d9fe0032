#include "os/pagemap.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>

#include "base/architecture.h"
#include "base/ranges.h"

namespace holdfast::os {
namespace {

// As in linux/fs.h since 6.7; our headers may be older.
struct PagemapScan {
  std::uint64_t size;
  std::uint64_t flags;
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t walk_end;
  std::uint64_t vec;
  std::uint64_t vec_len;
  std::uint64_t max_pages;
  std::uint64_t category_inverted;
  std::uint64_t category_mask;
  std::uint64_t category_anyof_mask;
  std::uint64_t return_mask;
};
struct PageRegion {
  std::uint64_t start;
  std::uint64_t end;
  std::uint64_t categories;
};
constexpr unsigned long kPagemapScan = _IOWR('f', 16, PagemapScan);
constexpr std::uint64_t kPageIsPresent = 1 << 3;
constexpr std::uint64_t kPageIsSwapped = 1 << 4;
constexpr std::uint64_t kPageIsZero = 1 << 5;

}  // namespace

std::optional<std::vector<AddressRange>> scan_pagemap(int pagemap, AddressRange pages, WhichPages which) {
  std::vector<AddressRange> present;
  std::array<PageRegion, 1024> regions;
  std::uint64_t from = pages.begin.value;
  while (from < pages.end.value) {
    PagemapScan scan{};
    scan.size = sizeof scan;
    scan.start = from;
    scan.end = pages.end.value;
    scan.vec = reinterpret_cast<std::uint64_t>(regions.data());
    scan.vec_len = regions.size();
    scan.category_inverted = kPageIsZero;
    scan.category_mask = kPageIsZero;
    scan.category_anyof_mask = which == WhichPages::kFilled ? kPageIsPresent | kPageIsSwapped : kPageIsPresent;
    scan.return_mask = kPageIsZero;  // never set in what is returned, so neighbours are joined into one region
    const int count = ioctl(pagemap, kPagemapScan, &scan);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return std::nullopt;
    const auto found = static_cast<std::size_t>(count);
    for (std::size_t i = 0; i < found; ++i) append_range(present, {Address(regions[i].start), Address(regions[i].end)});
    if (found < regions.size()) break;
    // Do not go on from walk_end: when the last piece of a walk ends well, the kernel leaves it at the piece before
    // (seen in 6.18).
    from = regions.back().end;
  }
  return present;
}

// There are 8 bytes per page. Bit 63: in memory; bit 62: swapped out; bit 56: mapped by nobody else
// (Documentation/admin-guide/mm/pagemap.rst). These bits need no privilege.
std::optional<std::vector<AddressRange>> read_pagemap(int pagemap, AddressRange pages, WhichPages which) {
  constexpr std::uint64_t kPresent = std::uint64_t{1} << 63;
  constexpr std::uint64_t kSwapped = std::uint64_t{1} << 62;
  constexpr std::uint64_t kOnlyHere = std::uint64_t{1} << 56;
  const auto wanted = [which](std::uint64_t entry) {
    if (which == WhichPages::kFilled) return (entry & (kPresent | kSwapped)) != 0;
    const std::uint64_t bits = which == WhichPages::kOwn ? kPresent | kOnlyHere : kPresent;
    return (entry & bits) == bits;
  };
  std::vector<AddressRange> present;
  std::array<std::uint64_t, 8192> entries;
  for (Address at = pages.begin; at < pages.end;) {
    const std::uint64_t want = std::min<std::uint64_t>(entries.size(), (pages.end - at) / kSystemPage);
    const ssize_t got = pread(pagemap, entries.data(), want * 8, static_cast<off_t>(at.value / kSystemPage * 8));
    if (got < 8) return std::nullopt;
    for (std::size_t i = 0; i < static_cast<std::size_t>(got) / 8; ++i, at += kSystemPage)
      if (wanted(entries[i])) append_range(present, {at, at + kSystemPage});
  }
  return present;
}

std::optional<std::vector<AddressRange>> read_resident(int pagemap, AddressRange pages, std::uint64_t rss) {
  const auto distance = [rss](const std::vector<AddressRange>& ranges) {
    std::uint64_t bytes = 0;
    for (const AddressRange& range : ranges) bytes += range.size();
    return bytes < rss ? rss - bytes : bytes - rss;
  };
  auto all = read_pagemap(pagemap, pages, WhichPages::kInMemory);
  if (!all || distance(*all) == 0) return all;
  auto own = read_pagemap(pagemap, pages, WhichPages::kOwn);
  return own && distance(*own) < distance(*all) ? own : all;
}

}  // namespace holdfast::os
