// Holding a process still for a moment. `Frozen` is the moment; behind it stand the ways to get one. All of them leave
// the target unharmed whatever happens to us: a destructor thaws, and if we are killed the system does. Ctrl-Z waits
// until the target goes on.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "base/registers.h"
#include "os/process_memory.h"
#include "os/suspend_signals.h"

namespace holdfast::os {

struct FrozenThread {
  pid_t tid = 0;
  pid_t tid_in_namespace = 0;  // what its own gettid() says; runtime.m.procid has this one
  bool stopped = false;        // false: in an uninterruptible wait; it may run, and its registers are not known
  Registers registers;
};

// One moment of a process. It ends with thaw().
class Frozen {
 public:
  Frozen() = default;
  Frozen(const Frozen&) = delete;
  Frozen& operator=(const Frozen&) = delete;
  virtual ~Frozen() = default;

  // These are about the frozen moment, and may only be used before thaw().
  virtual const MemorySource& memory() const = 0;
  virtual RangesRead copy_ranges(std::span<const RangeCopy> copies, unsigned threads) const = 0;
  virtual std::vector<AddressRange> present_ranges(AddressRange range) const = 0;

  // Ascending by tid; stays valid after thaw(). A thread that is not `stopped` is a loss for the caller to count.
  virtual const std::vector<FrozenThread>& threads() const = 0;

  // Lets the target go on. A second call does nothing.
  virtual void thaw() noexcept = 0;
  // How long the target was held: from the first thread that we touched to the last that we let go. While frozen, the
  // time so far.
  virtual double pause_ms() const = 0;
};

struct StopOptions {
  // A thread in an uninterruptible wait stops only when that ends; after this time we go on without it. One that only
  // waits for a processor, on a busy machine, is given ten times as long.
  std::chrono::milliseconds limit{200};
};

// All threads stopped by ptrace for the life of the object. Everything that takes time (memory for the copy) should be
// done before it is made. A target stopped by job control stays so afterwards.
class StoppedProcess final : public Frozen {
 public:
  // Fails with kPermission (naming the debugger that holds it, if one does), kTargetGone, kUnsupported (frozen by its
  // control group, or 32-bit), and kSystem if no thread at all stops in time. Throws Cancelled.
  explicit StoppedProcess(pid_t pid, StopOptions options = {});
  StoppedProcess(const StoppedProcess&) = delete;
  StoppedProcess& operator=(const StoppedProcess&) = delete;
  ~StoppedProcess() override;

  const MemorySource& memory() const override { return memory_; }
  RangesRead copy_ranges(std::span<const RangeCopy> copies, unsigned threads) const override {
    return memory_.copy_ranges(copies, threads);
  }
  std::vector<AddressRange> present_ranges(AddressRange range) const override { return memory_.present_ranges(range); }
  const std::vector<FrozenThread>& threads() const override { return threads_; }
  void thaw() noexcept override;
  double pause_ms() const override;

  // How long it took until the last thread stood still.
  double stop_ms() const { return stop_ms_; }

 private:
  using Clock = std::chrono::steady_clock;

  // Whose priority we raised for the pause, and what it was.
  struct Raised {
    pid_t tid = 0;
    int nice = 0;
  };

  // The life of the thread that traces. ptrace ties a tracee to the thread that seized it, not to the process; with a
  // thread of its own anybody may thaw, and the end of that thread frees whatever could not be let go by name.
  void trace(StopOptions options, std::promise<void> stopped, std::future<void> thaw);
  void restore_priority() noexcept;

  ProcessMemory memory_;
  std::optional<SuspensionDelay> delay_;
  std::vector<FrozenThread> threads_;
  Clock::time_point begin_;
  Clock::time_point end_;
  double stop_ms_ = 0;
  std::optional<Raised> raised_;
  std::promise<void> thaw_;
  std::thread tracer_;
};

}  // namespace holdfast::os
