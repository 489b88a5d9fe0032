// The timers in the heaps of the processors (runtime.p.timers, Go 1.19-1.27; reference 6.8). A time.Timer or
// time.Ticker has the runtime's record in its middle: it is {C, r} up to Go 1.22, from then on the beginning of a
// runtime.timeTimer {c, init, timer}. A timer is listed only while it is in a heap: from Go 1.23 on one with a channel
// is there only while a goroutine waits for it. Nothing throws.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/address.h"
#include "go/processors.h"
#include "go/runtime.h"

namespace holdfast::go {

struct Timer {
  Address record;            // its runtime.timer
  Address value = {};        // what package time gave out, if `function` is one of that package
  Address closure = {};      // the function value that is called when it is due
  Address function = {};     // its code; null if the record cannot be read, and then nothing but `record` is known
  Address argument = {};     // the pointer that it is called with: a channel, a function value, a runtime.g, ...
  std::int64_t due = 0;      // in the time of CLOCK_MONOTONIC, nanoseconds
  std::uint64_t period = 0;  // nanoseconds; 0: it is due once
  bool stopped = false;      // it only waits to be taken off its heap. One whose state is not known is not

  bool operator==(const Timer&) const = default;
};

struct Timers {
  std::vector<Timer> all;      // in the order of the processors and their heaps
  std::vector<Address> lists;  // where each processor has the addresses of its timers; those that were read whole
};

// Reads those of these processors. All is empty if the layouts lack something: then nothing of package time is linked.
Timers read_timers(const Runtime& runtime, std::span<const Processor> processors);

}  // namespace holdfast::go
