// What cycles of a collector come to: how what lives goes, what the program throws away, how long it stands still.
// Times are in ns, sizes in bytes.
#pragma once

#include <optional>

#include "collector/series.h"

namespace holdfast::collector {

// A straight line through points, by least squares.
struct Slope {
  double per_step = 0;
  double error = 0;  // of per_step, one standard error; 0 of fewer than three points
};

struct Trend {
  std::uint64_t cycles = 0, forced = 0;
  Bytes first_live = 0, last_live = 0;
  std::optional<Slope> live_per_cycle;   // of three cycles at least
  std::optional<Slope> live_per_second;  // where the text has times
  // What lives grows: over all cycles and over the last half of them by more than three standard errors, and three
  // quarters of the last third are above three quarters of the third before: by more than 1 MiB, which gctrace rounds
  // to, by a sixth of it from 24 cycles on. Fewer than six cycles cannot tell.
  bool grows = false;
  bool grew_at_first = false;              // but not over the last half: the program was only filling up
  std::optional<Bytes> garbage_per_cycle;  // what was there at the end of marking and was not live, on average
  Ns span = 0;                             // from the first to the last cycle
  Ns longest_pause = 0, all_pauses = 0;
  std::uint64_t longest_pause_in = 0;  // the number of that cycle
  CycleCpu cpu;                        // of all cycles
  std::optional<double> busy;          // the share of `span` in which a cycle ran
  // Of cycles that were not forced, how many had a goal of less than a tenth above what was live: as near a memory
  // limit, where the collector runs again and again.
  std::uint64_t cramped = 0;
};

Trend trend_of(const Series& series);

}  // namespace holdfast::collector
