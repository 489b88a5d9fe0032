#include "base/ranges.h"

#include <algorithm>

namespace holdfast {

namespace {

// Merges neighbours for which `merge` says so, given the end of the first and the begin of the second.
template <typename Merge>
std::vector<AddressRange> sorted_and_merged(std::vector<AddressRange> ranges, Merge&& merge) {
  const auto below = [](const AddressRange& a, const AddressRange& b) { return a.begin < b.begin; };
  // Mostly there is nothing to do, and a stopped target waits for this.
  if (!std::is_sorted(ranges.begin(), ranges.end(), below)) std::sort(ranges.begin(), ranges.end(), below);
  std::vector<AddressRange> out;
  for (const AddressRange& range : ranges) {
    if (range.empty()) continue;
    if (!out.empty() && merge(out.back().end, range.begin))
      out.back().end = std::max(out.back().end, range.end);
    else
      out.push_back(range);
  }
  return out;
}

}  // namespace

std::vector<AddressRange> joined(std::vector<AddressRange> ranges) {
  return sorted_and_merged(std::move(ranges), [](Address end, Address begin) { return begin <= end; });
}

std::vector<AddressRange> without_overlaps(std::vector<AddressRange> ranges) {
  return sorted_and_merged(std::move(ranges), [](Address end, Address begin) { return begin < end; });
}

std::vector<AddressRange> without(const std::vector<AddressRange>& ranges, const std::vector<AddressRange>& others) {
  std::vector<AddressRange> out;
  auto first = others.begin();
  for (AddressRange range : ranges) {
    while (first != others.end() && first->end <= range.begin) ++first;
    for (auto other = first; other != others.end() && other->begin < range.end; ++other) {
      if (other->begin > range.begin) out.push_back({range.begin, other->begin});
      range.begin = std::max(range.begin, other->end);
    }
    if (!range.empty()) out.push_back(range);
  }
  return out;
}

std::vector<AddressRange> within(const std::vector<AddressRange>& ranges, const std::vector<AddressRange>& others) {
  std::vector<AddressRange> out;
  auto first = others.begin();
  for (const AddressRange& range : ranges) {
    while (first != others.end() && first->end <= range.begin) ++first;
    for (auto other = first; other != others.end() && other->begin < range.end; ++other)
      out.push_back({std::max(range.begin, other->begin), std::min(range.end, other->end)});
  }
  return out;
}

std::uint64_t total_bytes(const std::vector<AddressRange>& ranges) {
  std::uint64_t sum = 0;
  for (const AddressRange& range : ranges) sum += range.size();
  return sum;
}

}  // namespace holdfast
