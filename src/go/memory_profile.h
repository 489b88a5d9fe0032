// The runtime's memory profile: what was allocated and freed at each stack, as far as the profiler took samples.
// Source: src/runtime/mprof.go of Go 1.19-1.27 (bucket, memRecord, memProfileInternal). One thread; the target stands
// still.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/loss.h"
#include "go/function_tables.h"
#include "go/runtime.h"

namespace holdfast::go {

// Sampled objects, not scaled to all objects.
struct SampleCounts {
  std::uint64_t allocs = 0, frees = 0;
};

// One runtime.bucket: the samples of one size at one stack. All its objects have that size, so the bytes that the
// runtime counts besides (up to Go 1.26) say nothing more.
struct ProfileBucket {
  Address bucket;
  std::uint64_t object_size = 0;
  // What the program's own profile says now: as of the last completed collection, since frees are only known then. If
  // there was none yet, everything.
  SampleCounts published;
  std::uint64_t allocs_since = 0;  // not published yet
};

struct MemoryProfile {
  std::optional<std::uint64_t> rate;   // runtime.MemProfileRate; none if the variable was not found
  std::vector<ProfileBucket> buckets;  // in the runtime's order, the newest first
};

// What cannot be read is a loss. Returns nothing if the runtime's variables were not found.
std::optional<MemoryProfile> read_memory_profile(const Runtime& runtime, LossLedger& losses);

// Makes the memory of the profile be read, for a source that keeps what was read.
void visit_memory_profile(const Runtime& runtime);

// Whether the program has code that reads the profile. If it has none, the linker switches the profiler off
// (cmd/link, runtime.disableMemoryProfiling; Go 1.17+).
bool can_read_its_profile(const FunctionTables& functions);

// Returns the return addresses of a bucket's stack, innermost first; empty if it cannot be read.
std::vector<Address> bucket_stack(const Runtime& runtime, Address bucket);

}  // namespace holdfast::go
