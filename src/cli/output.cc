#include "cli/output.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <new>

#include "base/error.h"
#include "base/terminal_text.h"
#include "cli/terminal.h"

namespace holdfast::cli {
namespace {

std::atomic<bool> g_remarks_lost = false;

// Returns 0, or the errno of what failed.
int write_all(int fd, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t done = ::write(fd, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return 0;
}

}  // namespace

void guard_standard_files() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one. It is opened the wrong way round, so that using it fails.
    if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) < 0) fail_with_errno(errno, "opening /dev/null");
  }
  std::signal(SIGPIPE, SIG_IGN);
}

void print(const std::string& text) {
  const int error = write_all(STDOUT_FILENO, text);
  if (error == EPIPE) fail(ErrorCode::kNoReader, "standard output has lost its reader");
  if (error != 0) fail_with_errno(error, "standard output");
}

void remark(std::string_view sentence) noexcept try {
  draw(wrapped("", sentence, remark_width(), LongWords::kStay));
} catch (const std::bad_alloc&) {  // to fold it
  draw(sentence);
  draw("\n");
}

void draw(std::string_view text) noexcept {
  if (write_all(STDERR_FILENO, text) != 0) g_remarks_lost = true;
}

bool remarks_lost() noexcept {
  return g_remarks_lost;
}

}  // namespace holdfast::cli
