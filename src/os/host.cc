#include "os/host.h"

#include <sys/stat.h>
#include <sys/utsname.h>

#include <cerrno>
#include <ctime>

#include "base/error.h"

namespace holdfast::os {
namespace {

std::int64_t nanoseconds(const timespec& time) {
  return static_cast<std::int64_t>(time.tv_sec) * 1000000000 + time.tv_nsec;
}

}  // namespace

Host this_host() {
  utsname name{};
  if (uname(&name) != 0) fail_with_errno(errno, "asking for the name of this machine");
  return {name.nodename, name.release};
}

std::int64_t wall_clock_ns() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return nanoseconds(now);
}

std::int64_t written_ns(const std::filesystem::path& file) {
  struct stat status = {};
  return stat(file.c_str(), &status) == 0 ? nanoseconds(status.st_mtim) : 0;
}

}  // namespace holdfast::os
