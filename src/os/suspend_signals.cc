#include "os/suspend_signals.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <mutex>

namespace holdfast::os {
namespace {

struct Delayed {
  int signal = 0;
  bool ours = false;               // we have replaced the default action
  std::atomic<bool> came = false;  // set by the handler
};
static_assert(std::atomic<bool>::is_always_lock_free);

std::mutex g_mutex;
int g_delays = 0;
std::array<Delayed, 3> g_signals{{{SIGTSTP}, {SIGTTIN}, {SIGTTOU}}};

void note(int signal) {
  for (Delayed& delayed : g_signals)
    if (delayed.signal == signal) delayed.came = true;
}

// The action belongs to the process, so it does not matter which thread a signal reaches.
void begin(Delayed& delayed) {
  struct sigaction before {};
  delayed.ours = sigaction(delayed.signal, nullptr, &before) == 0 && (before.sa_flags & SA_SIGINFO) == 0 &&
                 before.sa_handler == SIG_DFL;
  if (!delayed.ours) return;
  struct sigaction action {};
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigaction(delayed.signal, &action, nullptr);
}

void end(Delayed& delayed) {
  if (!delayed.ours) return;
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  sigaction(delayed.signal, &action, nullptr);
  if (delayed.came.exchange(false)) kill(getpid(), delayed.signal);
}

}  // namespace

SuspensionDelay::SuspensionDelay() {
  const std::lock_guard lock(g_mutex);
  if (g_delays++ > 0) return;
  for (Delayed& delayed : g_signals) begin(delayed);
}

SuspensionDelay::~SuspensionDelay() {
  const std::lock_guard lock(g_mutex);
  if (--g_delays > 0) return;
  for (Delayed& delayed : g_signals) end(delayed);
}

}  // namespace holdfast::os
