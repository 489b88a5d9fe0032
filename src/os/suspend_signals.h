// Ctrl-Z and its like while a target is held. The job control signals SIGTSTP, SIGTTIN and SIGTTOU stop the whole
// process by default; if that happened in the pause, the target would stand still until somebody types `fg`.
//
// SIGSTOP cannot be held back.
#pragma once

namespace holdfast::os {

// While at least one such object lives, these signals are only noted; when the last one goes, we get those that came.
// Signals that are ignored or handled already stay so. Objects may be made and destroyed by any thread.
class SuspensionDelay {
 public:
  SuspensionDelay();
  SuspensionDelay(const SuspensionDelay&) = delete;
  SuspensionDelay& operator=(const SuspensionDelay&) = delete;
  ~SuspensionDelay();
};

}  // namespace holdfast::os
