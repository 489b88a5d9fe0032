#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>

namespace holdfast::cli {
namespace {

constexpr auto kRefresh = std::chrono::milliseconds(100);
constexpr auto kQuiet = std::chrono::milliseconds(300);
constexpr const char* kWipe = "\r\x1b[K";

}  // namespace

Progress::Progress() {
  if (isatty(STDERR_FILENO) == 0) return;
  // Signals are for the thread that works.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  painter_ = std::thread([this] { show(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Progress::begin(const std::string& pass) {
  const std::lock_guard lock(mutex_);
  pass_ = pass;
}

void Progress::finish() {
  {
    const std::lock_guard lock(mutex_);
    done_ = true;
  }
  changed_.notify_one();
  if (painter_.joinable()) painter_.join();
}

void Progress::show() {
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kRefresh, [&] { return done_; })) {
    const auto elapsed = Clock::now() - start_;
    if (elapsed < kQuiet || pass_.empty()) continue;
    fmt::print(stderr, "{}{} {:.1f} s", kWipe, pass_, std::chrono::duration<double>(elapsed).count());
    std::fflush(stderr);
    drawn_ = true;
  }
  if (drawn_) fmt::print(stderr, "{}", kWipe);
}

}  // namespace holdfast::cli
