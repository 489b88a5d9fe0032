// The timers that the runtime would run.
#pragma once

#include <compare>
#include <cstdint>

#include "base/ids.h"

namespace holdfast::heap {

enum class TimerKind : std::uint8_t {
  kOther,     // a deadline of the network poller, the runtime's own
  kChannel,   // it sends the time to a channel: time.NewTimer, time.After, time.NewTicker, time.Tick
  kFunction,  // it calls a function in a goroutine of its own: time.AfterFunc, and with it deadlines of contexts
  kSleep,     // it wakes a goroutine: time.Sleep
};

// A timer in the heap of a processor (Go 1.19-1.27). From Go 1.23 on one with a channel is there only while a goroutine
// waits for it, so those that nobody uses have no row. Up to Go 1.22 all that were not stopped are there until they are
// due, whether or not anybody holds them; and so is any time.AfterFunc.
struct Timer {
  ObjectId object = {};        // in which its record lies: a time.Timer, a time.Ticker; none outside of the heap
  ObjectId argument = {};      // the channel, or the function value; none if it is no object
  GoroutineId goroutine = {};  // that it wakes
  TimerKind kind = TimerKind::kOther;
  bool stopped = false;  // it only waits to be taken off its heap
  // `due_in_ns` is right: it was not stopped, and the time of the look is known in the runtime's clock, as of a
  // process.
  bool due_known = false;
  StringId function = {};  // what it calls: time.sendTime, time.goFunc, runtime.goroutineReady, ...; none if not known
  StringId calls = {};     // of kFunction: the program's own function
  std::int64_t due_in_ns = 0;   // from the look on; negative: it is late
  std::uint64_t period_ns = 0;  // 0: it is due once

  auto operator<=>(const Timer&) const = default;
};

}  // namespace holdfast::heap
