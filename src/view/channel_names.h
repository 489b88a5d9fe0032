// What channels are called: after the package variable that refers to them, or that leads to an object or two that do,
// with the fields on the way: "main.pool.jobs". A channel has the shortest of its names; of equally short ones the
// first in the order of roots and edges. Variables of the runtime name nothing, and no way leads through the inside of
// a map.
//
// They are found once, when the first is asked for: several threads may ask. Nothing throws. At most three passes over
// the edges, none if each channel is in a variable; three bits per object, and 12 B per object on a way.
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "view/names.h"
#include "view/sentence.h"

namespace holdfast::view {

class ChannelNames {
 public:
  // `names` must outlive this.
  explicit ChannelNames(const Names& names) : names_(names) {}

  // Looks for them now, if nobody has asked yet.
  void find() const;

  // Empty if no variable leads to it so shortly by fields that have names.
  Sentence name(ChannelId channel) const;

 private:
  static constexpr std::uint32_t kMostBetween = 2;  // objects

  class Finder;

  // An object on a way, and the step before; the first one is what the variable refers to.
  struct Step {
    ObjectId object;
    std::uint32_t before = 0;
    RootId variable;
  };

  const Names& names_;
  mutable std::once_flag found_;  // guards what follows
  mutable std::vector<Step> steps_;
  mutable std::vector<std::uint32_t> last_step_;  // by ChannelId: in steps_; all bits set if it has no name
};

}  // namespace holdfast::view
