// The counters of a running process, look after look, without a stop and without a call into it: its memory is read
// while it runs (process_vm_readv), and /proc is asked. No thread of it is traced, signalled or held.
#pragma once

#include <memory>

#include "capture/capture.h"
#include "heap/counter_look.h"
#include "os/process.h"

namespace holdfast::capture {

// For one thread at a time.
class CounterWatch {
 public:
  // Opens the program and finds the runtime in it, once for all looks. Fails as Target::predict() does.
  CounterWatch(const os::ProcessStatus& status, const Options& options);
  CounterWatch(const CounterWatch&) = delete;
  CounterWatch& operator=(const CounterWatch&) = delete;
  ~CounterWatch();

  // Looks once. What takes the system long to add up (smaps) is that of an earlier look if the looks would otherwise
  // take more than a hundredth of the time since the first: CounterLook::walked_at_ns. Fails with kTargetGone if the
  // process is gone, and with kUnsupported if the counters contradict each other however often they are read: the
  // layouts do not fit then.
  heap::CounterLook look();

  const os::ProcessStatus& process() const;
  // "go1.26.8"
  const std::string& go_version() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace holdfast::capture
