#include "base/memory_image.h"

#include <algorithm>
#include <cstring>
#include <map>

namespace holdfast {

void MemoryImage::add(Address at, std::span<const std::byte> bytes, std::shared_ptr<const void> owner) {
  HOLDFAST_CHECK(!sealed_);
  if (bytes.empty()) return;
  pending_.push_back({{at, at + bytes.size()}, bytes.data()});
  if (owner) owners_.push_back(std::move(owner));
}

void MemoryImage::seal() {
  HOLDFAST_CHECK(!sealed_);
  sealed_ = true;
  std::map<Address, Segment> placed;
  for (const Segment& segment : pending_) {
    // Place the parts of `segment` that nothing placed so far covers.
    Address at = segment.range.begin;
    while (at < segment.range.end) {
      auto next = placed.upper_bound(at);
      if (next != placed.begin()) {
        const auto& before = std::prev(next)->second;
        if (before.range.end > at) {
          at = before.range.end;
          continue;
        }
      }
      const Address end = next == placed.end() ? segment.range.end : std::min(segment.range.end, next->first);
      placed[at] = {{at, end}, segment.data + (at - segment.range.begin)};
      at = end;
    }
  }
  pending_.clear();
  for (const auto& [begin, segment] : placed) {
    const bool joins = !segments_.empty() && segments_.back().range.end == begin &&
                       segments_.back().data + segments_.back().range.size() == segment.data;
    if (joins)
      segments_.back().range.end = segment.range.end;
    else
      segments_.push_back(segment);
  }
}

const MemoryImage::Segment* MemoryImage::find(Address at) const {
  const auto it = std::upper_bound(segments_.begin(), segments_.end(), at,
                                   [](Address a, const Segment& s) { return a < s.range.begin; });
  if (it == segments_.begin()) return nullptr;
  const Segment& segment = *std::prev(it);
  return segment.range.contains(at) ? &segment : nullptr;
}

bool MemoryImage::try_read(Address from, std::span<std::byte> to) const {
  while (!to.empty()) {
    const Segment* segment = find(from);
    if (segment == nullptr) return false;
    const std::uint64_t n = std::min<std::uint64_t>(to.size(), segment->range.end - from);
    std::memcpy(to.data(), segment->data + (from - segment->range.begin), n);
    to = to.subspan(n);
    from += n;
  }
  return true;
}

const std::byte* MemoryImage::try_view(Address from, std::uint64_t size) const {
  const Segment* segment = find(from);
  if (segment == nullptr || segment->range.end - from < size) return nullptr;
  return segment->data + (from - segment->range.begin);
}

}  // namespace holdfast
