// `profile --as` and `-o`: the stacks of profiles as files for other tools.
#pragma once

#include "cli/options.h"
#include "cli/run.h"
#include "view/profile_words.h"

namespace holdfast::cli {

// Whether a file is asked for.
bool wants_file(const Options& options);
// Fails with kUsage if the file has no name, or if the view has no stacks.
void check_file(const Options& options);
// `is_difference`: the last profile without the first, instead of the sum of all.
void write_file(RunningVerb& run, const view::Profiles& profiles, profile::By by, bool is_difference);

}  // namespace holdfast::cli
