#include "os/cancel_signals.h"

#include <atomic>
#include <csignal>

#include "base/cancel.h"

namespace holdfast::os {

namespace {

constinit std::atomic<bool> g_interrupted = false, g_must_end = false;
static_assert(std::atomic<bool>::is_always_lock_free);

void note_signal(int signal) {
  (signal == SIGINT ? g_interrupted : g_must_end).store(true);
  request_cancel();
}

struct sigaction cancelling() {
  struct sigaction action {};
  action.sa_handler = note_signal;
  // Calls are restarted: loops look at the flag, so nobody has to expect EINTR.
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  return action;
}

}  // namespace

void install_cancel_handlers() {
  const struct sigaction action = cancelling();
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // SIGHUP says that the terminal has gone. Under nohup we are meant to survive that.
  struct sigaction before {};
  if (sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler == SIG_DFL) sigaction(SIGHUP, &action, nullptr);
}

bool forgive_interrupt() noexcept {
  if (!g_interrupted.exchange(false)) return false;
  forget_cancel();
  const struct sigaction action = cancelling();
  sigaction(SIGINT, &action, nullptr);
  if (!g_must_end.load()) return true;
  request_cancel();  // that request must not be lost
  return false;
}

}  // namespace holdfast::os
