// Parallel loops, so that threads and cancellation have one home. Allowed shapes (docs/architecture.md): independent
// rows, and parts that each write their own output and are joined in order. No result may depend on the number of
// threads. All of them work for whom the caller works for (base/cancel.h).
#pragma once

#include <cstdint>
#include <functional>

namespace holdfast {

// How many threads loops use; 0 = as many as there are processors. Set once, before any work.
void set_thread_limit(unsigned threads);
unsigned worker_count();

// Calls body(part, begin, end) for `parts` consecutive, nearly equal, ascending parts of [0, rows), some at a time. The
// cut depends on `rows` and `parts` alone. An Error thrown by a body ends the loop and reaches the caller.
void for_each_part(std::uint64_t rows, unsigned parts,
                   const std::function<void(unsigned part, std::uint64_t begin, std::uint64_t end)>& body);

// Calls make(part) for parts 0 .. parts-1, some at a time, and take(part) for each one after its make() and after the
// take() of the part before, one at a time. At most a few parts are made but not taken. `lane` is below worker_count(),
// and a lane is free again once its part was taken: workers keep their buffers by it.
void for_each_in_order(unsigned parts, const std::function<void(unsigned part, unsigned lane)>& make,
                       const std::function<void(unsigned part, unsigned lane)>& take);

// Two independent pieces of work side by side.
void run_both(const std::function<void()>& a, const std::function<void()>& b);

}  // namespace holdfast
