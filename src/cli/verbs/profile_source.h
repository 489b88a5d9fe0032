// Where `profile` gets profiles from.
#pragma once

#include <memory>
#include <string>

#include "cli/run.h"
#include "profile/profile.h"

namespace holdfast::cli {

// `word` is what read_source takes, where of a service alone /debug/pprof/heap is meant; or a target
// (capture::names_target), whose runtime's memory profile is taken from its memory, with no endpoint and no help of the
// program. Fails as these do, as Profile::parse does, and with kUnsupported if a target has no memory profile.
std::shared_ptr<const profile::Profile> read_profile(RunningVerb& run, const std::string& word);

}  // namespace holdfast::cli
