#include "view/grown_slices.h"

#include <algorithm>
#include <functional>

#include "heap/field_path.h"

namespace holdfast::view {
namespace {

// A slice that is worth a word of its own has more.
constexpr std::uint64_t kLeastBytes = 256 << 10;

// Calls visit(address, header) for each slice that begins with its array.
template <typename Visit>
void for_each_slice(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const Visit& visit) {
  for (const heap::LargeHeader& header : snapshot.large_headers) {
    const std::uint64_t header_bytes = snapshot.spans[index.find_span(header.into).row].header;
    if (header.length >= kLeastBytes && header.begin == header_bytes &&
        snapshot.types[header.type.row].kind == heap::TypeKind::kSlice)
      visit(word_of(snapshot, index, header), header);
  }
}

// The pointers of the first elements.
KeptSlice with_sum(KeptSlice slice, const heap::Snapshot& snapshot, const heap::ObjectIndex& index,
                   const heap::LargeHeader& header) {
  if (header.into.row >= snapshot.pointerful) return slice;
  constexpr std::uint64_t kFactor = 0x9e3779b97f4a7c15;
  std::uint64_t offset = 0;
  for (const std::uint32_t edge : snapshot.edges.of(header.into.row)) {
    offset += heap::edge_step(snapshot.edges, edge);
    if (offset >= header.begin + slice.length) break;
    const Address target = index.address_of(ObjectId(snapshot.edges.target[edge]));
    slice.sum = (slice.sum ^ offset) * kFactor + target.value;
    ++slice.pointers;
  }
  return slice;
}

}  // namespace

Address word_of(const heap::Snapshot& snapshot, const heap::ObjectIndex& index, const heap::LargeHeader& header) {
  return (header.object ? index.address_of(header.object) : snapshot.roots[header.variable.row].where) + header.at;
}

std::vector<KeptSlice> kept_slices(const heap::Snapshot& snapshot) {
  const heap::ObjectIndex index(snapshot);
  std::vector<KeptSlice> kept;
  for_each_slice(snapshot, index, [&](Address at, const heap::LargeHeader& header) {
    kept.push_back(with_sum({at, header.capacity, header.length, 0, 0}, snapshot, index, header));
  });
  std::ranges::stable_sort(kept, {}, &KeptSlice::at);
  const auto twice = std::ranges::unique(kept, {}, &KeptSlice::at);
  kept.erase(twice.begin(), twice.end());
  return kept;
}

std::vector<GrownSlice> grown_slices(const std::vector<KeptSlice>& before, const heap::Snapshot& now) {
  const heap::ObjectIndex index(now);
  std::vector<GrownSlice> grown;
  for_each_slice(now, index, [&](Address at, const heap::LargeHeader& header) {
    const auto old = std::ranges::lower_bound(before, at, {}, &KeptSlice::at);
    if (old == before.end() || old->at != at || header.length <= old->length) return;
    const KeptSlice same = with_sum({at, header.capacity, old->length, 0, 0}, now, index, header);
    grown.push_back(
        {at, old->length, old->capacity, old->pointers, old->pointers == same.pointers && old->sum == same.sum});
  });
  std::ranges::stable_sort(grown, {}, &GrownSlice::at);
  return grown;
}

}  // namespace holdfast::view
