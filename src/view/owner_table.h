// The table of owners (view/owners.h), and what lies under any node as a tree. Sizes are in bytes. The table refers to
// the snapshot, which must outlive it. One thread; throws when it is cancelled.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/dominator_tree.h"
#include "view/groundwork.h"
#include "view/sentence.h"
#include "view/subject.h"
#include "view/table.h"

namespace holdfast::view {

TableShape owner_shape();
// A row for each home: what one owner has, or what several share. No byte is in two of them.
Table owner_table(const Groundwork& groundwork);
// Opens what is at home there; an empty verb if there is nothing to open.
RowCommand command_of_home(const Groundwork& groundwork, const Home& home);

struct UnderLimits {
  std::size_t depth = 4;     // levels below what was asked about
  std::size_t branches = 6;  // of each level, by bytes
};

enum class UnderLine : std::uint8_t {
  kThings,      // things of one sort
  kThemselves,  // of what stands above, what these are themselves
  kMore,        // what was left out
};

// A line of the tree. What stands below a line adds up to it: kThemselves, things and kMore.
struct UnderRow {
  UnderLine line = UnderLine::kThings;
  std::size_t depth = 0;
  Sentence what;  // "main.session", "main.registry"; empty but for kThings
  std::uint64_t count =
      0;  // of things, nodes of one sort under each other included; of kMore, sorts that were left out
  std::uint64_t bytes = 0;  // that they alone keep alive
  Address example = {};     // of one of the things that keep most; null if it is a root
};

// What only the subject keeps alive, by sorts, as deep as the limits say. Fails as find_subject() does.
std::vector<UnderRow> under(const Groundwork& groundwork, const graph::DominatorTree& tree,
                            const graph::Reachability& reached, const Subject& subject, const UnderLimits& limits);

}  // namespace holdfast::view
