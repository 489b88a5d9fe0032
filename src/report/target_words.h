// Says what was looked at: a process, a core, or a capture of one of them. A capture is always called one, with the
// time and the machine, so that two captures of one process can be told apart and neither passes for the process.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "heap/snapshot.h"

namespace holdfast::report {

// "checkout, pid 4711"; "checkout, core of pid 4711, written 2026-11-28 17:20:03 UTC"; "checkout, capture of pid 4711,
// taken 2026-11-28 17:20:03 UTC on host vm".
std::string target_words(const heap::TargetInfo& target);

// The object "target" of every document. `kind` is "live", "core" or "capture"; with "capture", `of` is one of the
// other two.
nlohmann::ordered_json target_json(const heap::TargetInfo& target);

}  // namespace holdfast::report
