#include "graph/sink_layers.h"

#include <algorithm>

#include "base/parallel.h"

namespace holdfast::graph {
namespace {

constexpr unsigned kParts = 16;
constexpr std::uint64_t kPaying = 32;  // a layer pays if it has at least one in so many of all objects

}  // namespace

SinkLayers::SinkLayers(const heap::Snapshot& snapshot) : all_((std::uint64_t{snapshot.pointerful} + 63) / 64) {
  while (true) {
    HugeArray<std::uint64_t> layer(all_.size());
    const std::uint64_t found = peel(snapshot, layer);
    if (found == 0) return;
    for (std::uint64_t w = 0; w < all_.size(); ++w) all_[w] |= layer[w];
    layers_.push_back(std::move(layer));
    if (found < snapshot.pointerful / kPaying) return;
  }
}

// Finds the objects that only point at what is peeled already. Each part owns whole words of `layer`.
std::uint64_t SinkLayers::peel(const heap::Snapshot& snapshot, HugeArray<std::uint64_t>& layer) const {
  const std::uint32_t* const row_begin = snapshot.edges.row_begin.data();
  const std::uint32_t* const target = snapshot.edges.target.data();
  const std::uint32_t pointerful = snapshot.pointerful;
  const auto is_sink = [&](std::uint32_t object) {
    for (std::uint32_t e = row_begin[object]; e < row_begin[object + 1]; ++e)
      if (target[e] < pointerful && target[e] != object && !has(target[e])) return false;
    return true;
  };
  std::vector<std::uint64_t> found(kParts);
  for_each_part(all_.size(), kParts, [&](unsigned part, std::uint64_t begin, std::uint64_t end) {
    for (std::uint64_t w = begin; w < end; ++w) {
      const std::uint64_t objects = std::min<std::uint64_t>(64, pointerful - w * 64);
      std::uint64_t bits = 0;
      for (std::uint64_t i = 0; i < objects; ++i)
        if ((all_[w] >> i & 1) == 0 && is_sink(static_cast<std::uint32_t>(w * 64 + i))) bits |= std::uint64_t{1} << i;
      layer[w] = bits;
      found[part] += static_cast<unsigned>(std::popcount(bits));
    }
  });
  std::uint64_t sum = 0;
  for (const std::uint64_t n : found) sum += n;
  return sum;
}

}  // namespace holdfast::graph
