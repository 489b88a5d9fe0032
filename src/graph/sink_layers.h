// The bottom of the graph, peeled off in layers: pointerful objects that only point at pointer-free ones, then those
// that only point at such objects and pointer-free ones, and so on. No way leads back from them, so the depth-first
// search need not go there: their dominators are the nearest common ones of what points at them, found layer by layer.
// On a service's heap two layers hold nearly half of the objects that can hold pointers. Several threads may read it.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "base/huge_array.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

class SinkLayers {
 public:
  // Peels while a layer has enough objects to pay for the scan, on all cores. Keeps a bit per pointerful object for
  // each layer and one for all of them.
  explicit SinkLayers(const heap::Snapshot& snapshot);

  bool has(std::uint32_t object) const { return (all_[object / 64] >> (object % 64) & 1) != 0; }
  // The uppermost layer is number 0: its objects only point at later layers, at pointer-free objects and at themselves.
  std::size_t count() const { return layers_.size(); }
  // Calls visit(object) in ascending order.
  template <typename Visit>
  void for_each(std::size_t layer, const Visit& visit) const {
    const HugeArray<std::uint64_t>& bits = layers_[layers_.size() - 1 - layer];
    for (std::uint64_t w = 0; w < bits.size(); ++w)
      for (std::uint64_t rest = bits[w]; rest != 0; rest &= rest - 1)
        visit(static_cast<std::uint32_t>(w * 64 + static_cast<unsigned>(std::countr_zero(rest))));
  }

 private:
  std::uint64_t peel(const heap::Snapshot& snapshot, HugeArray<std::uint64_t>& layer) const;

  HugeArray<std::uint64_t> all_;
  std::vector<HugeArray<std::uint64_t>> layers_;  // the bottom first
};

}  // namespace holdfast::graph
