// Looks at the counters of one process, one after the other, and what they say together: which symptom of too much
// memory is there, by which figures, and which stage is at fault. It needs no process. Bytes and nanoseconds; times are
// wall-clock. One thread.
//
//   symptom                  what shows it
//   rss grows, heap flat     RSS grows, and what Go has from the system does not (memory of the program's own mappings,
//                            files, shared memory)
//   C grows                  the same, and malloc's blocks are most of what grows
//   live grows               what collections leave rises, from one to the next
//   garbage grows            what collections left does not rise and the heap does, with a GOGC above 200 or none, or
//                            beyond the goal most of the time
//   goroutines grow          their number does
//   released not returned    the heap is mostly free, the runtime has given little of that back and will not need it
//                            soon; or it has, with MADV_FREE, and it is in memory all the same
//   fragmentation            spans in use are for the larger part free slots
//
// A saw-tooth is no growth: between two collections every heap rises. What takes a heap profile to see ("the heap grows
// and the profile does not") is not for counters alone.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "heap/counter_look.h"
#include "view/symptom.h"

namespace holdfast::view {

// How a figure went, from the first look that has it to the last.
struct CounterGrowth {
  std::uint64_t points = 0;  // looks that have it; of what only collections change, collections
  std::int64_t first = 0, last = 0, least = 0, most = 0;
  double per_second = 0;  // between first and last
  // It has become more by a MiB (of counts: 50) and a twentieth at least (of what lives: a tenth, since what is
  // allocated while the collector marks counts as alive), rose at two of three changes, and was never much less than at
  // first.
  bool grows = false;

  std::int64_t change() const { return last - first; }
};

struct TrendFinding {
  Symptom symptom;
  Stage stage;
  std::string because;      // a sentence with the figures
  std::uint64_t bytes = 0;  // how much is at stake: what has grown, or what is free; of goroutines their number
  double per_second = 0;    // of what grows
};

class CounterTrend {
 public:
  // Of very many looks those in between are thinned out, so memory is bounded.
  void add(const heap::CounterLook& look);

  const std::vector<heap::CounterLook>& looks() const { return looks_; }
  std::uint64_t count() const { return count_; }  // that were added
  double seconds() const;                         // from the first to the last
  // No points if no look has it.
  CounterGrowth growth(heap::CounterId id) const;
  // The same of what the last collection left: a point for each collection that was seen.
  CounterGrowth live_by_collection() const;
  // The most serious first: what grows, by bytes a second, then what stands still. Empty with fewer than three looks.
  std::vector<TrendFinding> findings() const;
  // What the looks cannot tell, in sentences: too few collections. Empty if nothing.
  std::string remark() const;

 private:
  std::vector<heap::CounterLook> looks_;
  std::uint64_t count_ = 0;
  std::uint64_t every_ = 1;  // only each so many-th look is kept
};

// A figure as a row of small bars (U+2581 to U+2588), the last `width` values, from the least to the most of them. A
// value that is not known is a blank. Empty for width 0.
std::string sparkline(const std::vector<std::optional<std::int64_t>>& values, std::size_t width);

}  // namespace holdfast::view
