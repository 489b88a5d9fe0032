// What can wake a goroutine that waits until another one acts, and who can act without being a goroutine. With the
// graph this proves which goroutines can never go on (graph/leaked_goroutines.h).
#pragma once

#include <compare>
#include <cstdint>

#include "base/ids.h"

namespace holdfast::heap {

// Something that could wake a goroutine: the channel, the object with the lock, the wait group, the condition variable
// or the coroutine that it waits for. The runtime's own queues have the goroutine, so nobody is waking it already. In a
// select it waits for several. A goroutine that nothing can wake (it waits for a nil channel, or in a select without
// cases) has one row that names nothing; one without a row may be woken in ways that are not known.
struct WakeUp {
  GoroutineId goroutine;
  ObjectId object;    // who refers to it can wake the goroutine; none if it lies on a stack, or there is nothing
  GoroutineId stack;  // on whose stack it lies; never the goroutine's own
  ObjectId record;    // the runtime.sudog that stands in the queue; none if there is none on the heap

  auto operator<=>(const WakeUp&) const = default;
};

enum class ActorKind : std::uint8_t {
  kThread,     // a word of a thread's registers or of its own stack: it may be a pointer that is in use
  kTimer,      // what a pending timer will call, and with what
  kPinned,     // C may have its address
  kTimerList,  // no actor: a P's list of timers, which leads to stopped timers, too; pending ones have rows
};

// An object that something outside of the root forest can use.
struct Actor {
  ObjectId object;
  ActorKind kind = ActorKind::kThread;

  auto operator<=>(const Actor&) const = default;
};

}  // namespace holdfast::heap
