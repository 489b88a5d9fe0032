#include "cli/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/terminal_text.h"
#include "cli/output.h"
#include "cli/terminal.h"

namespace holdfast::cli {
namespace {

constexpr auto kRefresh = std::chrono::milliseconds(100);
constexpr auto kQuiet = std::chrono::milliseconds(300);
constexpr auto kLong = std::chrono::seconds(1);
constexpr const char* kWipe = "\r\x1b[K";

}  // namespace

Progress::Progress() {
  if (isatty(STDERR_FILENO) == 0) return;
  // The working thread takes care of signals.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  painter_ = std::thread([this] { show(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Progress::tell(const std::string& running) {
  const std::lock_guard lock(mutex_);
  if (!running.empty()) passes_ = running;
}

void Progress::show_first(const std::function<std::string(std::size_t width)>& make) {
  constexpr std::size_t kNarrowest = 60, kWidest = 250;
  winsize size{};
  if (!painter_.joinable() || ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < kNarrowest) return;
  std::string text = make(std::min<std::size_t>(size.ws_col, kWidest));
  std::size_t rows = 0;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::size_t width = text_width(std::string_view(text).substr(begin, end - begin));
    rows += std::max<std::size_t>(1, (width + size.ws_col - 1) / size.ws_col);
    begin = end + 1;
  }
  if (rows + 2 > size.ws_row) return;  // what has left the screen cannot be wiped out
  const std::lock_guard lock(mutex_);
  first_ = std::move(text);
  first_rows_ = rows;
}

// The caller must hold the lock.
void Progress::draw_first() {
  draw(fmt::format("{}{}\n", kWipe, first_));
  first_.clear();
  first_drawn_ = true;
}

void Progress::remark(std::string_view sentence) {
  const std::lock_guard lock(mutex_);
  if (drawn_) draw(kWipe);
  cli::remark(sentence);
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
    if (elapsed < kQuiet || passes_.empty()) continue;
    if (!first_.empty() && elapsed >= kLong) draw_first();
    const std::string line = fmt::format("{} {:.1f} s", passes_, std::chrono::duration<double>(elapsed).count());
    draw(fmt::format("{}{}", kWipe, fit(line, remark_width() - 1)));  // a full line would move the cursor to the next
    drawn_ = true;
  }
  if (drawn_) draw(kWipe);
  if (first_drawn_) draw(fmt::format("\x1b[{}A\x1b[J", first_rows_ + 1));
}

}  // namespace holdfast::cli
