// Asks work to end: long loops look at a flag. Each session (session/session.h) has a flag of its own; Ctrl-C and
// SIGTERM ask everything in the process to end.
#pragma once

#include <atomic>
#include <exception>

namespace holdfast {

// Leaves work that was asked to end. It is no Error, so that nobody who makes something else of an Error (a loss, a
// problem of the layouts, another try) can take it for one; only the front end catches it.
class Cancelled final : public std::exception {
 public:
  const char* what() const noexcept override { return "stopped on request"; }
};

// Any thread may request it.
class Cancellation {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  void forget() noexcept { requested_.store(false, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_ = false;
};

// While it lives, this thread works for `cancellation`, and so do the threads of the parallel loops that it starts.
// Null: the thread works only for the process.
class CancellationScope {
 public:
  explicit CancellationScope(const Cancellation* cancellation) noexcept;
  ~CancellationScope();
  CancellationScope(const CancellationScope&) = delete;
  CancellationScope& operator=(const CancellationScope&) = delete;

 private:
  const Cancellation* before_;
};
// Returns the cancellation that this thread works for; null if it works only for the process.
const Cancellation* current_cancellation() noexcept;

// Asks all work of the process to end. Async-signal-safe.
void request_cancel() noexcept;
// Takes that back, for a front end that goes on with something else. Nobody else's business.
void forget_cancel() noexcept;
// Whether the process, or the cancellation that this thread works for, was asked to end.
bool cancel_requested() noexcept;
// Throws Cancelled if so.
void throw_if_cancelled();

}  // namespace holdfast
