// Tells which of some nodes of the root forest an object hangs on: which goroutines hold it alone. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "graph/dominators.h"

namespace holdfast::view {

// It remembers its way, so one thread at a time may ask.
class RootAbove {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  // No root may lie above another one; those that are none are never found. `dominators` must outlive this.
  RootAbove(const graph::Dominators& dominators, std::span<const RootId> roots);

  // Returns the row in `roots` of the one that dominates the object, or kNone. Takes about as many steps as there are
  // dominators that were not seen before.
  std::uint32_t of(ObjectId object);

 private:
  const graph::Dominators& dominators_;
  std::unordered_map<std::uint32_t, std::uint32_t> row_of_root_;
  std::unordered_map<std::uint32_t, std::uint32_t> known_;  // by row of some objects on the ways that were climbed
  std::vector<ObjectId> way_;
};

}  // namespace holdfast::view
