#include "detect/growth_pace.h"

#include <algorithm>

namespace holdfast::detect {
namespace {

constexpr std::uint64_t kLeastSince = 64 << 10;  // bytes
constexpr std::uint64_t kLeastRecent = 10;
constexpr std::uint64_t kLeastCollections = 4;  // before these nothing is old
constexpr std::uint64_t kMostTimes = 2, kLeastShare = 4;

}  // namespace

// Whatever was allocated since the last mark is still there: the next one has to come before it can be freed.
GrowthPace::GrowthPace(const heap::Snapshot& snapshot) : collections_(snapshot.audit.gc_cycles) {
  for (const heap::Span& span : snapshot.spans) {
    std::uint64_t fresh = 0;
    for (std::uint32_t row = span.first_object; row < span.first_object + span.objects; ++row)
      fresh += heap::test_bit(snapshot.fresh, row) ? 1 : 0;
    since_ += fresh * span.slot_size;
  }
  for (const auto& [name, value] : snapshot.mem_stats)
    if (name == "TotalAlloc") ever_ = value;
}

std::optional<std::uint64_t> GrowthPace::in_all(std::uint64_t recent, std::uint64_t apart) const {
  if (since_ < kLeastSince || ever_ < since_ || recent < kLeastRecent || collections_ < kLeastCollections)
    return std::nullopt;
  __extension__ using Wide = unsigned __int128;
  const std::uint64_t counted = ever_ - std::min(apart, ever_ - since_);
  return static_cast<std::uint64_t>(static_cast<Wide>(recent) * counted / since_);
}

bool are_nearly_all(std::uint64_t count, std::uint64_t in_all) {
  return in_all / kMostTimes <= count && in_all >= count / kLeastShare;
}

}  // namespace holdfast::detect
