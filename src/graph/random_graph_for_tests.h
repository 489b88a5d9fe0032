// For tests that compare an algorithm with a naive one: seeded random heaps of many shapes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "graph/snapshot_builder_for_tests.h"

namespace holdfast::graph {

inline heap::Snapshot random_snapshot(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto below = [&](std::uint32_t n) { return static_cast<std::uint32_t>(random() % n); };
  const std::uint32_t pointerful = below(24);
  const std::uint32_t leaves = below(12);
  const std::uint32_t objects = pointerful + leaves;
  SnapshotBuilder builder(pointerful, leaves);
  for (std::uint32_t i = 0; i < objects; ++i) builder.resize(i, 8 * std::uint64_t{1 + below(9)});
  const auto leaf_or = [&](std::uint32_t target) {
    return leaves > 0 && below(4) == 0 ? pointerful + below(leaves) : target;
  };

  switch (pointerful == 0 ? 5 : seed % 6) {
    case 0:  // tree with some shared children
      for (std::uint32_t i = 1; i < pointerful; ++i) builder.edge(below(i), i);
      for (std::uint32_t i = below(6); i > 0; --i) builder.edge(below(pointerful), leaf_or(below(pointerful)));
      break;
    case 1:  // acyclic
      for (std::uint32_t i = 0; i + 1 < pointerful; ++i)
        for (std::uint32_t k = below(4); k > 0; --k) builder.edge(i, leaf_or(i + 1 + below(pointerful - i - 1)));
      break;
    case 2:  // anything, self loops and repeated edges too
      for (std::uint32_t i = 0; i < pointerful; ++i)
        for (std::uint32_t k = below(4); k > 0; --k) builder.edge(i, leaf_or(below(pointerful)));
      break;
    case 3:  // chain with shared items and ways back
      for (std::uint32_t i = 0; i + 1 < pointerful; ++i) {
        builder.edge(i, i + 1);
        if (leaves > 0) builder.edge(i, pointerful + i % leaves);
        if (below(5) == 0) builder.edge(i, below(pointerful));
      }
      break;
    case 4:  // rings that touch
      for (std::uint32_t i = 0; i < pointerful; ++i) {
        const std::uint32_t ring = i / 5 * 5;
        builder.edge(i, std::min(ring + (i - ring + 1) % 5, pointerful - 1));
        if (below(3) == 0) builder.edge(i, leaf_or(below(pointerful)));
        if (below(6) == 0) builder.edge(i, i);
      }
      break;
    default:  // no edges
      break;
  }

  const std::uint32_t roots = objects == 0 ? 0 : below(7);
  for (std::uint32_t r = 0; r < roots; ++r) {
    const RootId root = builder.root(r > 0 && below(2) == 0 ? RootId(below(r)) : RootId(), below(3) == 0);
    for (std::uint32_t k = below(4); k > 0; --k) builder.refer(root, below(objects));
  }
  return builder.build();
}

}  // namespace holdfast::graph
