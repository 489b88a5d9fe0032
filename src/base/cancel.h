// Asking work to end: a flag that long loops look at. Each session (session/session.h) has its own; Ctrl-C and SIGTERM
// ask everything in the process to end.
#pragma once

#include <atomic>

namespace holdfast {

// May be requested from any thread.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_ = false;
};

// While it lives, this thread works for `cancellation`, and so do the threads of the parallel loops that it starts.
// Null: only for the process.
class CancellationScope {
 public:
  explicit CancellationScope(const Cancellation* cancellation) noexcept;
  ~CancellationScope();
  CancellationScope(const CancellationScope&) = delete;
  CancellationScope& operator=(const CancellationScope&) = delete;

 private:
  const Cancellation* before_;
};
// For whom this thread works; null if only for the process.
const Cancellation* current_cancellation() noexcept;

// Ends all work of the process. Async-signal-safe.
void request_cancel() noexcept;
// Of the process, or of whom this thread works for.
bool cancel_requested() noexcept;
// Fails with kCancelled once it is.
void throw_if_cancelled();

}  // namespace holdfast
