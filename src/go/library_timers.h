// The pending timers of package time. The runtime's heaps of timers name its own record, which lies in the middle of
// what time.NewTimer and the like gave out: a time.Timer or time.Ticker {C, r} up to Go 1.22, from then on a
// runtime.timeTimer {c, init, timer} (reference 6.8). Nothing throws.
#pragma once

#include <span>
#include <vector>

#include "base/address.h"
#include "go/processors.h"
#include "go/runtime.h"

namespace holdfast::go {

struct LibraryTimer {
  Address value;     // of what was given out, if `function` is one of package time
  Address function;  // its code: what the timer calls when it is due
  bool repeats = false;

  bool operator==(const LibraryTimer&) const = default;
};

// Returns those of these processors that can be read. A timer is listed only while it is in a heap: from Go 1.23 on one
// with a channel is there only while a goroutine waits for it.
std::vector<LibraryTimer> list_library_timers(const Runtime& runtime, std::span<const Processor> processors);

// What the runtime's timers use, whoever made them.
struct TimerUses {
  // Where each processor has the addresses of its timers, stopped ones included; lists that were read whole.
  std::vector<Address> lists;
  std::vector<Address> pending;  // of each that was not stopped: its record, its function value, its argument
};

TimerUses list_timer_uses(const Runtime& runtime, std::span<const Processor> processors);

}  // namespace holdfast::go
