// What groups of roots reach alone and what they reach together with others: one answer for all groups, in time that
// does not grow with their number as far as the first is concerned. Used for goroutines of one label value.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "heap/snapshot.h"

namespace holdfast::graph {

struct RootGroups {
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  std::uint32_t count = 0;
  std::vector<std::uint32_t> of_root;  // by RootId: the group that its targets count for; kNone = everybody else
  // Records that are a part of a group: they hold what they refer to as its roots do, nobody else reaches anything
  // through them, and they are not counted. Each object at most once.
  std::vector<std::pair<ObjectId, std::uint32_t>> records;
};

// In bytes.
struct GroupSizes {
  std::uint64_t exclusive = 0;  // reached by this group's roots and by no others
  std::uint64_t shared = 0;     // reached by others as well

  bool operator==(const GroupSizes&) const = default;
};

// Takes 16 B per pointerful object and 12 B per object while it runs, on one thread; throws when it is cancelled. The
// shared bytes take a pass over what is reached for each 64 groups.
std::vector<GroupSizes> group_sizes(const heap::Snapshot& snapshot, const RootGroups& groups);

}  // namespace holdfast::graph
