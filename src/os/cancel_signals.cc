#include "os/cancel_signals.h"

#include <csignal>

#include "base/cancel.h"

namespace holdfast::os {

void install_cancel_handlers() {
  struct sigaction action {};
  action.sa_handler = [](int) { request_cancel(); };
  // Calls are restarted: loops look at the flag, so nobody has to expect EINTR.
  action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  // SIGHUP says that the terminal has gone. Under nohup we are meant to survive that.
  struct sigaction before {};
  if (sigaction(SIGHUP, nullptr, &before) == 0 && before.sa_handler == SIG_DFL) sigaction(SIGHUP, &action, nullptr);
}

}  // namespace holdfast::os
