#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "base/terminal_text.h"
#include "cli/manual.h"

namespace holdfast::cli {

std::size_t terminal_width(std::size_t columns, const char* variable) {
  constexpr std::size_t kNarrowest = 60, kWidest = 250, kUsual = 100;
  const std::string_view text = variable != nullptr ? variable : "";
  std::size_t wished = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), wished);
  if (error == std::errc() && stop == text.data() + text.size() && wished > 0) columns = wished;
  return std::clamp(columns > 0 ? columns : kUsual, kNarrowest, kWidest);
}

namespace {

std::size_t width_of(int fd) {
  if (isatty(fd) == 0) return kEndless;
  winsize size{};
  const bool known = ioctl(fd, TIOCGWINSZ, &size) == 0;
  return terminal_width(known ? size.ws_col : 0, std::getenv("COLUMNS"));
}

}  // namespace

std::size_t output_width(bool wide) {
  return wide ? kEndless : width_of(STDOUT_FILENO);
}

std::size_t remark_width() {
  return width_of(STDERR_FILENO);
}

std::size_t help_width() {
  return std::min(output_width(false), kHelpWidth);
}

}  // namespace holdfast::cli
