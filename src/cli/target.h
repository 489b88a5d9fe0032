// From what the user named to a target.
#pragma once

#include <memory>

#include "capture/target.h"
#include "cli/options.h"

namespace holdfast::cli {

// Fails as capture::find_target does, with a hint if the name is nearly a verb's.
std::unique_ptr<capture::Target> find_target(const Options& options);

}  // namespace holdfast::cli
