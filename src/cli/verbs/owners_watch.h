// The owners of a running process, look after look: `owners --every`.
#pragma once

namespace holdfast::cli {

class RunningVerb;

// Looks until it has looked as often as was asked, or is asked to end. Returns the exit code.
int watch_owners(RunningVerb& run);

}  // namespace holdfast::cli
