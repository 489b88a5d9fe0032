// Says where sampled objects were allocated, by the runtime's memory profile. It is called once, by the thread that
// builds the snapshot, when that has its objects; nothing throws.
#pragma once

#include <optional>
#include <vector>

#include "base/loss.h"
#include "go/function_tables.h"
#include "go/memory_profile.h"
#include "go/special_roots.h"
#include "heap/object_index.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Fills the allocation stacks, the sampled objects and the memory profile's records (none if `profile` is). A record
// has the stack as the runtime keeps it: one program counter for each call, with calls that were inlined
// (runtime.tracebackPCs, Go 1.19-1.27). Damaged records are losses.
void add_samples(const std::vector<go::ProfiledObject>& profiled, const std::optional<go::MemoryProfile>& profile,
                 const go::FunctionTables& functions, const heap::ObjectIndex& index, heap::Snapshot& snapshot,
                 LossLedger& losses);

}  // namespace holdfast::capture
