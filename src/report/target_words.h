// Says what was looked at: a process, a core, or a capture of one of them. A capture is always called one, with the
// time and the machine, so that two captures of one process can be told apart and neither passes for the process.
// Any thread may call these; nothing throws.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "heap/snapshot.h"

namespace holdfast::report {

// "checkout, pid 4711"; "checkout, core of pid 4711, written 2026-11-28 17:20:03 UTC"; "checkout, capture of pid 4711,
// taken 2026-11-28 17:20:03 UTC on host vm".
std::string target_words(const heap::TargetInfo& target);

// Of a process with several Go runtimes: "2 Go runtimes in this process: a.so 12.0 MiB, b.so 120.0 KiB; this is of
// a.so;
// --image b.so for the other". A capture is of one of them and cannot be asked about the others. Empty if there is one,
// or nobody knows.
std::string runtimes_words(const std::vector<heap::GoRuntime>& runtimes, bool of_capture);
nlohmann::ordered_json runtimes_json(const std::vector<heap::GoRuntime>& runtimes);

// "go1.26.8"; "go1.26, as given" if nothing but the user says so.
std::string release_words(const heap::TargetInfo& target);

// The object "target" of every document. `kind` is "live", "core" or "capture"; with "capture", `of` is one of the
// other two.
nlohmann::ordered_json target_json(const heap::TargetInfo& target);

}  // namespace holdfast::report
