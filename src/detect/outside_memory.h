// Says who may have asked for memory outside of the Go heap: what C code runs now, and which libraries are there.
#pragma once

#include <cstdint>
#include <string>

#include "view/report.h"

namespace holdfast::detect {

// Returns "; in C now: 12 goroutines in main._Cfunc_work", of the place with most goroutines; empty if none is there.
view::Sentence calls_into_c(const view::Report& report);

// Returns "; loaded: librocksdb.so.7, libz.so.1": the largest shared libraries that belong neither to the C library nor
// to the program's own runtime; empty if there are none.
std::string libraries_of_c(const view::Report& report);

// Returns who has the mappings: of the Go memory that leads there rather what has a name, and not the list that the
// package syscall keeps of what it has mapped. Null if nobody is known, or the runtime alone, whose records the system
// may have joined with a mapping beside them.
const view::MappingPointer* owner_of(const view::MappingGroup& group);

// Whether the bytes are at least one `divisor`th of what is resident; false if nobody knows what is.
bool is_share_of_process(const view::Report& report, std::uint64_t bytes, std::uint64_t divisor);

}  // namespace holdfast::detect
