// Tells when something was taken of a process, for its place among the cycles of the collector (collector/marks.h).
#pragma once

#include <string>

#include "cli/run.h"
#include "collector/marks.h"

namespace holdfast::cli {

// `word` is a pid, a core or a .hold file, or a heap profile: its text says how many cycles there had been, protobuf
// has only a time of day. Fails as the readers of these do.
collector::Taken read_taken(RunningVerb& run, const std::string& word);

}  // namespace holdfast::cli
