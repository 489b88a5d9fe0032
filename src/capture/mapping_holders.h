// Finds which Go memory points out of the Go heap: words of objects and of package variables that are addresses in
// other mappings, such as mapped files, memories of WebAssembly, and buffers of C libraries. Not only pointers count: a
// program may keep such an address as a number. Addresses of code, of read-only data and of thread stacks do not.
#pragma once

#include <span>

#include "capture/root_writer.h"
#include "go/runtime.h"
#include "go/symbols.h"
#include "heap/snapshot.h"

namespace holdfast::capture {

// Fills Mapping::pointers and mapping_holders. It only looks where there is something to explain: it takes the time of
// a walk through all objects with pointers. The result does not depend on the number of threads. `records` are the
// runtime's own (Residency::record_chunks), which the system joins with mappings beside them: who points there is not
// said.
void add_mapping_holders(const go::Runtime& runtime, const go::Symbols& symbols, std::span<const AddressRange> records,
                         RootWriter& forest, heap::Snapshot& snapshot);

}  // namespace holdfast::capture
