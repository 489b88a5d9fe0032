#include "cli/target.h"

#include <sys/stat.h>

#include "base/error.h"
#include "os/process.h"

namespace holdfast::cli {

TargetForm form_of(const std::string& target) {
  struct stat status {};
  if (stat(target.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return TargetForm::kProcess;
  return TargetForm::kCore;
}

heap::Snapshot open_target(const Options& options, PassTimes& times) {
  const capture::Options how{.use_dwarf = options.use_dwarf, .use_symbols = options.use_symbols};
  switch (form_of(options.target)) {
    case TargetForm::kCore:
    case TargetForm::kHold:
      fail(ErrorCode::kUsage, "{} is a file, not a process", options.target);
    case TargetForm::kProcess:
      break;
  }
  return capture::capture_live(os::find_process(options.target), how, times);
}

}  // namespace holdfast::cli
