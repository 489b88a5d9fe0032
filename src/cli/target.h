// From what the user named to a Snapshot.
#pragma once

#include <functional>

#include "base/timer.h"
#include "capture/capture.h"
#include "cli/options.h"
#include "heap/snapshot.h"

namespace holdfast::cli {

enum class TargetForm { kProcess, kCore, kHold };

// Decides by looking at the file system: an existing file is a core or a .hold file (or refused, saying what it is),
// anything else a pid or a process name.
TargetForm form_of(const std::string& target);

heap::Snapshot open_target(const Options& options, PassTimes& times);

}  // namespace holdfast::cli
