#include "capture/nearby.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <unordered_set>

#include "base/ranges.h"

namespace holdfast::capture {
namespace {

class NearbySearch {
 public:
  NearbySearch(const MemorySource& memory, const std::vector<go::MSpan>& in_use, const NearbyLimits& limits)
      : memory_(memory), in_use_(in_use), limits_(limits) {}

  std::vector<AddressRange> run(Address from) {
    visit(from, limits_.first_bytes);
    while (!open_.empty() && bytes_ < limits_.bytes) {
      const AddressRange object = open_.front();
      open_.pop_front();
      follow(object);
    }
    return joined(std::move(leaves_));
  }

 private:
  const go::MSpan* span_of(Address at) const {
    const auto behind = std::ranges::upper_bound(in_use_, at, {}, &go::MSpan::base);
    if (behind == in_use_.begin()) return nullptr;
    const go::MSpan& span = *std::prev(behind);
    return at - span.base < span.bytes() ? &span : nullptr;
  }

  // Takes the object that the address lies in, the first time that it is met.
  void visit(Address at, std::uint64_t most_bytes) {
    const go::MSpan* const span = span_of(at);
    if (span == nullptr || span->slot_size == 0 || seen_.size() >= limits_.objects) return;
    const std::uint64_t slot = (at - span->base) / span->slot_size;
    if (slot >= span->slots) return;
    const Address begin = span->base + slot * span->slot_size;
    if (!seen_.insert(begin).second) return;
    if (span->has_pointers()) {
      open_.push_back({begin, begin + span->slot_size});
      return;
    }
    const std::uint64_t size = std::min(span->slot_size, most_bytes);
    leaves_.push_back({begin, begin + size});
    bytes_ += size;
  }

  void follow(AddressRange object) {
    const std::uint64_t most = seen_.size() == 1 ? limits_.first_bytes / 8 : limits_.words;  // the first one: more
    const std::uint64_t words = std::min(object.size() / 8, most);
    for (std::uint64_t w = 0; w < words && bytes_ < limits_.bytes; ++w)
      if (const auto word = memory_.try_pointer(object.begin + w * 8); word && *word) visit(*word, limits_.leaf_bytes);
  }

  const MemorySource& memory_;
  const std::vector<go::MSpan>& in_use_;
  const NearbyLimits& limits_;
  std::unordered_set<Address> seen_;
  std::deque<AddressRange> open_;  // objects whose words have not been followed
  std::vector<AddressRange> leaves_;
  std::uint64_t bytes_ = 0;
};

}  // namespace

std::vector<AddressRange> nearby_leaves(const MemorySource& memory, const std::vector<go::MSpan>& in_use, Address from,
                                        const NearbyLimits& limits) {
  return NearbySearch(memory, in_use, limits).run(from);
}

}  // namespace holdfast::capture
