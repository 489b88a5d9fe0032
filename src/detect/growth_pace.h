// Whether things that are there could have come at the pace of today: how many came since the last collection, beside
// what the program has allocated since then and in all its life. What comes and goes has come much more often than it
// is there; what nothing ever leaves has not. Allocation is the clock, so a program that rests does not age.
#pragma once

#include <cstdint>
#include <optional>

#include "heap/snapshot.h"

namespace holdfast::detect {

class GrowthPace {
 public:
  explicit GrowthPace(const heap::Snapshot& snapshot);

  // How many would have come in the program's life at the pace at which `recent` came since the last collection. None
  // if the clock is not known, or has not moved enough since then to tell. `apart`: bytes that were allocated before it
  // and are not to count.
  std::optional<std::uint64_t> in_all(std::uint64_t recent, std::uint64_t apart = 0) const;

  std::uint64_t allocated_since() const { return since_; }  // the last collection; in bytes
  std::uint64_t allocated() const { return ever_; }         // in bytes
  std::uint64_t collections() const { return collections_; }

 private:
  std::uint64_t since_ = 0, ever_ = 0, collections_ = 0;
};

// Whether `count` things can be all that ever came, or nearly: no more than twice as many would have come at this
// pace, and a quarter of them at least.
bool are_nearly_all(std::uint64_t count, std::uint64_t in_all);

}  // namespace holdfast::detect
