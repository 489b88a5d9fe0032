// The stacks of profiles as one tree, for pictures: at the top what is called by nobody, below each place what it
// calls. Equal stacks are one path. Of a difference each path has what is in the last profile without what is in the
// first. 32 B a node, of which there are no more than samples times calls. One thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "profile/sites.h"

namespace holdfast::profile {

struct CallNode {
  std::uint32_t parent = 0;  // a lower row; of the first one its own
  std::uint32_t site = 0;    // a row of CallTree::sites; of the first one none
  std::int64_t value = 0;    // of samples that end there
};

struct CallTree {
  std::vector<Site> sites;
  std::vector<CallNode> nodes;  // the first one stands above all
};

enum class Combine : std::uint8_t { kSum, kDifference };

// `type`: of the profiles' sample types. The profiles must outlive the result.
CallTree call_tree(std::span<const FilteredProfile> profiles, By by, std::size_t type, Combine combine);

// Of the paths whose values are of that sign (1 or -1) the tree with magnitudes: what grew, and what shrank. Paths with
// less than one of `parts` of all, and those beyond the largest `siblings` of a node, end in one that is called
// "(smaller)"; so do paths of more than `depth` calls. Nodes below one are sorted, the largest first.
CallTree part_of_tree(const CallTree& tree, int sign, std::uint64_t parts, std::size_t siblings, std::size_t depth);

// What each node has with all that is below it.
std::vector<std::int64_t> values_below(const CallTree& tree);

}  // namespace holdfast::profile
