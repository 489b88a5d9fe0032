// Joins things to the places that allocated them, as far as the runtime's memory profile took samples. One thread each.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "graph/dominators.h"
#include "view/allocation.h"
#include "view/names.h"

namespace holdfast::view {

// The sampled objects of a snapshot. If they are very many, it keeps those that a profiler of a higher rate would have
// taken, so that every estimate is as good as from such a profile.
class AllocationSamples {
 public:
  static constexpr std::uint32_t kNoGroup = ~std::uint32_t{0};

  // Both must outlive this.
  AllocationSamples(const Names& names, const graph::ObjectSizes& sizes);

  // Returns for each of `groups` groups where its objects were allocated. `group_of` says in which of them an object
  // is, or kNoGroup. Nothing is known of a group without samples if the profiler was off or its rate has changed.
  std::vector<std::optional<AllocationSites>> by_group(std::size_t groups,
                                                       const std::function<std::uint32_t(ObjectId)>& group_of) const;

  // Returns all places, uncut and without their stacks, of the objects for which `is_wanted` is true; what the runtime
  // allocated for itself has an empty place. None if nothing can be estimated. Each place has an estimate.
  std::optional<AllocationSites> places(const std::function<bool(ObjectId)>& is_wanted) const;

  const ProfileFacts& facts() const { return facts_; }

 private:
  struct Sample {
    ObjectId object;
    AllocationStackId stack;
    std::uint64_t bytes = 0;
  };
  class Tally;

  void compare_with_rate(const graph::ObjectSizes& sizes);
  void choose(const graph::ObjectSizes& sizes);

  const Names& names_;
  ProfileFacts facts_;
  // By which the kept samples are to be scaled; none if that cannot be told.
  std::optional<std::uint64_t> rate_;
  std::vector<Sample> samples_;
  std::vector<const heap::Frame*> own_frames_;  // by AllocationStackId; null for an empty stack
};

}  // namespace holdfast::view
