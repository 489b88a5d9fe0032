// Makes a Runtime of program files and memory: finds modules, functions and variables, and checks whether the layouts
// fit (reference 1, 11.4). One thread.
#pragma once

#include <memory>
#include <vector>

#include "base/loss.h"
#include "go/function_tables.h"
#include "go/heap_model.h"
#include "go/modules.h"
#include "go/runtime.h"

namespace holdfast::go {

// A Runtime and what was made for it. It can be moved; the addresses of its parts stay.
struct Identified {
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<FunctionTables> functions;
};

// `images` must have the one with the runtime first. All arguments must outlive the result. Fails with kUnsupported if
// the runtime is not found or does not fit the layouts, and says what was tried.
Identified identify(const MemorySource& memory, const LayoutSource& layouts, const GoVersion& version,
                    const std::vector<LoadedImage>& images, Motion motion, LossLedger& losses);

// Does the same without those checks, which read the whole span table: for a glance at a process's counters.
Identified find_runtime(const MemorySource& memory, const LayoutSource& layouts, const GoVersion& version,
                        const std::vector<LoadedImage>& images, LossLedger& losses);

// Sees the same runtime through another memory (the frozen one). `unchanging`: see Runtime.
Identified identify_again(const Identified& known, const MemorySource& memory, const MemorySource* unchanging,
                          LossLedger& losses);

// Returns what contradicts the layouts, in sentences; empty if all checks of reference 11.4 hold. Fails with kTruncated
// if the span table itself is missing. In a running target only what reads alike twice is a contradiction.
std::vector<std::string> check_layouts(const Runtime& runtime, Motion motion);

}  // namespace holdfast::go
