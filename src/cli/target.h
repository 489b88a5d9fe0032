// From what the user named to a Snapshot.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/timer.h"
#include "capture/capture.h"
#include "cli/options.h"
#include "heap/snapshot.h"
#include "os/process.h"

namespace holdfast::cli {

enum class TargetForm : std::uint8_t { kProcess, kCore, kHold };

// Decides by looking at the file system: an existing file is a core or a .hold file (or refused with kUsage, saying
// what it is), anything else a pid or a process name. A file of another kind in the working directory does not hide the
// process of its name.
TargetForm form_of(const std::string& target);

// Fails with kNotFound, with a hint if the name is nearly a verb's.
os::ProcessStatus find_process(const std::string& target);

// What a capture of the target is to look at and to keep.
capture::Options capture_options(const Options& options);

// The callbacks are called for captures as for live targets.
heap::Snapshot open_target(const Options& options, PassTimes& times, const capture::Callbacks& callbacks = {});

}  // namespace holdfast::cli
