// Which of the files with Go code hold a Go runtime, that is a heap of their own, and which of them a look is about. A
// program of another language has one for each library that was built with -buildmode=c-shared. A plugin has none: its
// module hangs in the list of the program that opened it (runtime.moduledata.next).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/memory_source.h"
#include "capture/capture.h"
#include "capture/program.h"
#include "go/identify.h"

namespace holdfast::capture {

struct FoundRuntime {
  std::size_t image = 0;             // row in Program::images()
  std::vector<std::size_t> plugins;  // rows of the images that share it
  std::string go_version;            // "go1.26.8"; empty if nothing in the file says it
  // From the runtime's own counters; in a running process each is of a moment of its own. None: see `trouble`.
  std::optional<std::uint64_t> heap_bytes;  // MemStats.HeapAlloc
  std::optional<std::uint64_t> goroutines;  // that have not ended, the runtime's own included
  std::string trouble;                      // why the counters could not be read; empty if they were
};

// The one with the largest heap first, of equals in the order of the images. `memory` is the target's, its read-only
// files included; a running one will do. What cannot be read is told, not thrown; fails only with kTargetGone, and
// throws Cancelled.
std::vector<FoundRuntime> find_runtimes(const Program& program, const MemorySource& memory,
                                        const std::optional<go::GoVersion>& given);

// Leaves in the program what belongs to one runtime: that in the image called `named`, or, if that is empty, in
// the first that is found. A name is a path or its last parts: "b.so", "lib/b.so". Fails with
// kUsage, listing what there is, if none or several are called so, and like Program::take().
void take_runtime(Program& program, const MemorySource& memory, const std::string& named,
                  const std::optional<go::GoVersion>& given);

// go::identify() of the runtime that was taken. What does not fit is laid to the release that was given, if one was.
go::Identified identify_taken(const Program& program, const MemorySource& memory, const go::LayoutSource& layouts,
                              go::Motion motion, LossLedger& losses);

// What Options::go_release says, if anything. Fails with kUsage.
std::optional<go::GoVersion> given_release(const Options& options);

}  // namespace holdfast::capture
