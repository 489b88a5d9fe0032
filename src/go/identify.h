// From program files and memory to a Runtime: modules, functions, variables, and the checks that decide whether the
// layouts fit (reference 1, 11.4).
#pragma once

#include <memory>
#include <vector>

#include "base/loss.h"
#include "go/function_tables.h"
#include "go/heap_model.h"
#include "go/modules.h"
#include "go/runtime.h"

namespace holdfast::go {

// A Runtime and what was made for it. Movable; the addresses of the parts stay.
struct Identified {
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<FunctionTables> functions;
};

// `images`: the one with the runtime first. All arguments must outlive the result. Fails with kUnsupported when the
// runtime is not found or does not fit the layouts, saying what was tried.
Identified identify(const MemorySource& memory, const LayoutSource& layouts, const GoVersion& version,
                    const std::vector<LoadedImage>& images, Motion motion, LossLedger& losses);

// The same without those checks, which read the whole span table: for a glance at a process's counters.
Identified find_runtime(const MemorySource& memory, const LayoutSource& layouts, const GoVersion& version,
                        const std::vector<LoadedImage>& images, LossLedger& losses);

// The same runtime seen through another memory (the frozen one).
Identified identify_again(const Identified& known, const MemorySource& memory, LossLedger& losses);

// What contradicts the layouts, in sentences; empty when all checks of reference 11.4 hold. Fails with kTruncated when
// the span table itself is missing. Of a running target only what is read twice alike is a contradiction.
std::vector<std::string> check_layouts(const Runtime& runtime, Motion motion);

}  // namespace holdfast::go
