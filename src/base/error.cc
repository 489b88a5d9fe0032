#include "base/error.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace holdfast {
namespace {

ErrorCode code_of(int error_number) {
  switch (error_number) {
    case EPERM:
    case EACCES:
      return ErrorCode::kPermission;
    case ESRCH:
      return ErrorCode::kTargetGone;
    case ENOENT:
      return ErrorCode::kNotFound;
    default:
      return ErrorCode::kSystem;
  }
}

}  // namespace

void fail_with_errno(int error_number, const std::string& what) {
  fail(code_of(error_number), "{}: {}", what, std::strerror(error_number));
}

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "holdfast: internal error: %s does not hold at %s:%d; please report this\n", condition, file,
               line);
  std::abort();
}

}  // namespace holdfast
