// runtime.MemStats, computed from the runtime's own counters in memory, without a call into the target (reference 8; Go
// 1.19-1.27). If the process was stopped while it allocated, single fields can be off by what was in flight. Numbers
// are bytes, counts and nanoseconds, as in Go.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "go/heap_model.h"

namespace holdfast::go {

struct MemStats {
  // Field names of runtime.MemStats and their values, in its order; only the fields whose raw material was found.
  std::vector<std::pair<std::string_view, std::uint64_t>> fields;
  // Bytes of spans in state manual, by the runtime's counters: stacks, work buffers, bitmaps.
  std::optional<std::uint64_t> manual_bytes;

  std::optional<std::uint64_t> find(std::string_view name) const;
};

// Returns MemStats.NumGC alone: the collections that are complete. None if it cannot be read.
std::optional<std::uint32_t> count_collections(const Runtime& runtime);

// Empty if the runtime's variables were not found. Fails with kDamaged if a counter cannot be read.
MemStats read_mem_stats(const Runtime& runtime);

}  // namespace holdfast::go
