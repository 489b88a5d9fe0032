// Makes a Snapshot of a frozen target: the passes that live processes and cores have in common.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/timer.h"
#include "binary/dwarf_info.h"
#include "capture/account.h"
#include "capture/capture.h"
#include "capture/program.h"
#include "go/identify.h"
#include "go/unwind.h"
#include "heap/content.h"

namespace holdfast::capture {

// One moment of a target. Everything can be read through `identified.runtime->memory`. All must outlive the build.
struct FrozenTarget {
  const Program* program = nullptr;
  const go::Identified* identified = nullptr;
  std::vector<go::ThreadRegisters> threads;
  std::uint64_t monotonic_ns = 0;  // CLOCK_MONOTONIC of the moment; 0 = not known
  std::optional<Residency> residency;
  const binary::DwarfInfo* dwarf = nullptr;  // of the program; null = none, or not to be used
  std::uint64_t copied_bytes = 0;            // of memory that takes ours until the snapshot is complete; 0 for a file
  std::shared_ptr<const heap::ContentSource> content = nullptr;  // for Content::source, if that is asked for
};

// Fills everything of `snapshot` but target.kind, pid, name and pause; the account only if there is a residency. Runs
// on all cores; the result does not depend on their number. What cannot be read is a loss. Throws when it is cancelled.
void build(const FrozenTarget& target, const Options& options, const Callbacks& callbacks, heap::Snapshot& snapshot,
           LossLedger& losses, PassTimes& times);

}  // namespace holdfast::capture
