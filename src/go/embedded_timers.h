// The timers of package time up to Go 1.22: a time.Timer or time.Ticker is {C, r}, and `r` is what the runtime's heaps
// of timers name, so that they lead into the middle of the object. From Go 1.23 on the runtime has a type of its own
// for the whole (reference 10: runtime.timeTimer). Nothing throws.
#pragma once

#include <span>
#include <vector>

#include "base/address.h"
#include "go/processors.h"
#include "go/runtime.h"

namespace holdfast::go {

struct EmbeddedTimer {
  Address value;     // of the time.Timer or time.Ticker, if `function` is one of package time
  Address function;  // its code: what the timer calls when it is due
  bool repeats = false;

  bool operator==(const EmbeddedTimer&) const = default;
};

// Returns the pending ones of these processors that can be read; none from Go 1.23 on.
std::vector<EmbeddedTimer> list_embedded_timers(const Runtime& runtime, std::span<const Processor> processors);

}  // namespace holdfast::go
