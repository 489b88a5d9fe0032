// Places in code that allocate little and keep much alive: the line that makes a registry, whose map is small in every
// profile of allocations and holds the heap. A profile says who allocated, the graph who holds; a place is found by the
// type of what it makes, whose objects keep alive together what no other object of the type dominates.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evidence/line_verdicts.h"
#include "heap/snapshot.h"
#include "view/type_table.h"

namespace holdfast::evidence {

struct HeavyPlace {
  // What keeps at least this part of the live bytes alive, and at least this many times its own bytes, is listed.
  static constexpr double kLeastShare = 0.02;
  static constexpr std::uint64_t kLeastTimes = 8;

  std::string type;                     // of what is made there
  std::uint64_t objects = 0;            // of the type that something reaches; a map has several
  std::uint64_t bytes = 0;              // their own
  std::uint64_t kept_alive = 0;         // by all of them, themselves included
  std::vector<view::CodePlace> places;  // one of which made them; empty if nothing says where
  // All samples that the memory profile took of the type are of the place; otherwise the machine code names it.
  bool by_profile = false;
  std::string doubt;  // what else may make some of them; empty if nothing does
};

// Returns them with the largest first. `types` are all that something reaches; `by_profile` and `by_code` may be null.
std::vector<HeavyPlace> heavy_places(const heap::Snapshot& snapshot, const std::vector<view::TypeTotals>& types,
                                     const LineVerdicts* by_profile, const LineVerdicts* by_code);

}  // namespace holdfast::evidence
