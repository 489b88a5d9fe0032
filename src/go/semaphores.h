// Walks the goroutines that wait for semaphores, and with them for the locks and wait groups of package sync:
// runtime.semtable (Go 1.19-1.27; reference 6.6). Nothing throws.
#pragma once

#include <cstdint>
#include <functional>

#include "base/address.h"
#include "go/runtime.h"

namespace holdfast::go {

struct SemaphoreWaiter {
  Address sudog;
  Address goroutine;  // runtime.g
  Address semaphore;  // the word that it waits for
};

// Each waiter is one goroutine, so that after `goroutines` of them the walk goes round in circles and ends.
void for_each_semaphore_waiter(const Runtime& runtime, std::uint64_t goroutines,
                               const std::function<void(const SemaphoreWaiter&)>& visit);

}  // namespace holdfast::go
