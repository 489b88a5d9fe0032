// Processors of the Go scheduler (runtime.p). Each owns caches of memory. Source: src/runtime/runtime2.go, mcache.go
// and mpagecache.go of Go 1.19-1.27 (reference 5.1, 8.3, 10.2).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "go/runtime.h"

namespace holdfast::go {

struct Processor {
  static constexpr std::uint32_t kStopped = 3;  // runtime._Pgcstop, Go 1.19-1.27

  Address p;
  std::uint32_t id = 0;
  std::uint32_t status = 0;
  Address m;       // the runtime.m that runs it; null if it is idle
  Address mcache;  // null if it was destroyed
  // Its cache of 64 heap pages, a bit for each: which of them are free, and which were given back to the system.
  std::uint64_t cached_pages = 0, cached_released = 0;
  Address cached_at;     // the first of them
  Address record_chunk;  // where it takes records of the runtime from (go/runtime_records.h); null if it has none
};

// Looks offsets up once. `runtime` must outlive it. Fails with kUnsupported if the layouts lack a field. Several
// threads may share it.
class ProcessorReader {
 public:
  explicit ProcessorReader(const Runtime& runtime);

  // Returns none if the record at `p` cannot be read.
  std::optional<Processor> try_read(Address p) const;
  // Fails with kDamaged in that case.
  Processor read(Address p) const;

 private:
  const Runtime& runtime_;
  FieldLayout id_, status_, m_, mcache_, cached_pages_, cached_released_, cached_at_, record_chunk_;
};

// Returns all of runtime.allp that can be read, in its order; empty if the list is not there.
std::vector<Processor> read_processors(const Runtime& runtime);

}  // namespace holdfast::go
