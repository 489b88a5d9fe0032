// Parallel loops, so that threads and cancellation have one home. Two shapes are allowed (docs/architecture.md):
// independent rows, and parts that each write their own output and are joined in order. No result may depend on the
// number of threads. All threads work for the cancellation that the caller works for (base/cancel.h).
#pragma once

#include <cstdint>
#include <functional>

namespace holdfast {

// Sets how many threads loops use; 0 = as many as there are processors. To be called once, before any work.
void set_thread_limit(unsigned threads);
unsigned worker_count();

// Calls body(part, begin, end) for `parts` consecutive, nearly equal, ascending parts of [0, rows), several at a time.
// The cut only depends on `rows` and `parts`. An Error that a body throws ends the loop and reaches the caller.
void for_each_part(std::uint64_t rows, unsigned parts,
                   const std::function<void(unsigned part, std::uint64_t begin, std::uint64_t end)>& body);

// Calls make(part) for parts 0 .. parts-1, several at a time, and take(part) for each of them: after its make() and
// after the take() of the part before, one at a time. At most a few parts are made and not yet taken. `lane` is below
// worker_count(), and a lane is free again once its part was taken, so workers keep their buffers by lane.
void for_each_in_order(unsigned parts, const std::function<void(unsigned part, unsigned lane)>& make,
                       const std::function<void(unsigned part, unsigned lane)>& take);

// Runs work in which the calling thread, while it waits for parts of loops in it, does nothing else: what somebody must
// do before others can go on, under a lock.
void run_alone(const std::function<void()>& work);

// Runs two independent pieces of work side by side.
void run_both(const std::function<void()>& a, const std::function<void()>& b);

}  // namespace holdfast
