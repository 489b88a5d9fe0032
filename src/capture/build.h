// From a frozen target to a Snapshot: the passes that are the same for live processes and cores.
#pragma once

#include <optional>
#include <vector>

#include "base/timer.h"
#include "binary/dwarf_info.h"
#include "capture/account.h"
#include "capture/capture.h"
#include "capture/program.h"
#include "go/identify.h"
#include "go/unwind.h"

namespace holdfast::capture {

// One moment of a target, everything readable through `identified.runtime->memory`. All must outlive the build.
struct FrozenTarget {
  const Program* program = nullptr;
  const go::Identified* identified = nullptr;
  std::vector<go::ThreadRegisters> threads;
  std::uint64_t monotonic_ns = 0;  // CLOCK_MONOTONIC of the moment; 0 = not known
  std::optional<Residency> residency;
  const binary::DwarfInfo* dwarf = nullptr;  // of the program; null = none, or not to be used
};

// Fills everything of `snapshot` but target.kind, pid, name and pause; the account only with the residency.
void build(const FrozenTarget& target, const Options& options, const Callbacks& callbacks, heap::Snapshot& snapshot,
           LossLedger& losses, PassTimes& times);

}  // namespace holdfast::capture
