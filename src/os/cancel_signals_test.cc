#include "os/cancel_signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "base/cancel.h"

namespace holdfast::os {
namespace {

// In processes of their own, since handlers and requests are for all that a process does.
template <typename Work>
void in_a_process(const Work& work) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        install_cancel_handlers();
        _exit(work() ? 0 : 1);
      },
      ::testing::ExitedWithCode(0), "");
}

TEST(AnInterrupt, CanBeForgivenAgainAndAgain) {
  in_a_process([] {
    for (int i = 0; i < 3; ++i) {
      if (forgive_interrupt()) return false;  // there was none
      raise(SIGINT);
      if (!cancel_requested() || !forgive_interrupt() || cancel_requested()) return false;
    }
    return true;
  });
}

TEST(AnInterrupt, EndsUsTheSecondTimeUnlessItIsForgiven) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        install_cancel_handlers();
        raise(SIGINT);
        raise(SIGINT);
      },
      ::testing::KilledBySignal(SIGINT), "");
}

TEST(ATermination, IsNotForgiven) {
  in_a_process([] {
    raise(SIGTERM);
    return !forgive_interrupt() && cancel_requested();
  });
  in_a_process([] {
    raise(SIGTERM);
    raise(SIGINT);
    return !forgive_interrupt() && cancel_requested();
  });
}

}  // namespace
}  // namespace holdfast::os
