// When something else was taken of the process whose collector a series tells of (a profile, a capture, a look at it),
// as a place between the cycles. Two things tell: how many cycles had ended by then, which counts wherever it is known,
// and the time of day. Lines of gctrace count time from the beginning of the process: a time of day has a place among
// them only if it is known when that was, from the user or from a capture that says when the last cycle ended.
//
// Times are in ns. All are plain data; nothing fails.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "collector/series.h"

namespace holdfast::collector {

struct Taken {
  std::string name = {};
  std::optional<std::uint64_t> cycles = {};  // that had ended
  std::optional<Ns> at = {};                 // since 1970 UTC
  std::optional<Ns> last_ended = {};         // when the last of `cycles` did, since 1970 UTC
};

struct Mark {
  std::string name = {};
  // How many of Series::cycles had ended; none if it has no place, for the reason in `problem`, a sentence.
  std::optional<std::size_t> ended = {};
  std::optional<Ns> since_start = {};  // of the process
  bool by_time = false;                // and not by the number of cycles
  bool outside = false;                // before the first cycle of the series, or of a later one than its last
  std::string problem = {};
};

struct Marks {
  std::optional<Ns> started;   // when the process began, since 1970 UTC
  std::string started_from;    // who says so: a name of Taken; empty for the user
  std::vector<Mark> in_order;  // those with a place in that order, then the others
};

// `started` is what the user says of the beginning of the process.
Marks place_marks(const Series& series, const std::vector<Taken>& all, std::optional<Ns> started);

// What the collector did behind the first `from` cycles, up to the first `to`.
struct Between {
  std::uint64_t cycles = 0, forced = 0;
  std::optional<Bytes> live_before, live_after;  // what the last cycles marked at both ends
  std::optional<Bytes> garbage;                  // that the cycles found, all together
  Ns paused = 0;
  std::optional<Ns> cpu;
};
Between between(const Series& series, std::size_t from, std::size_t to);

}  // namespace holdfast::collector
