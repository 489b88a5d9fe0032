// The spans from which each P allocates by itself (runtime.mcache, Go 1.19-1.27; reference 2.7, 8.1). The runtime's
// counters do not have what it took from them until it gives them back. A target can be stopped in the middle of that,
// which shows in the span: before a P gives one back, it says so in sweepgen.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "go/runtime.h"

namespace holdfast::go {

struct CachedSpan {
  Address mspan;
  std::uint8_t span_class = 0;
  std::uint32_t alloc_count = 0;   // allocated slots
  std::uint32_t count_before = 0;  // of these, those before the P had it; 0 as soon as the P begins to count the rest
  bool held = false;               // sweepgen says that a P has it; if not, the P is just giving it back

  // Returns how many slots the P has taken from it.
  std::uint32_t taken() const { return alloc_count > count_before ? alloc_count - count_before : 0; }
};

struct SpanCache {
  std::uint64_t tiny_allocs = 0;  // those that are not counted yet
  // The P has to give back all that it holds, or the world is stopped and somebody may do that for it. Then the first
  // span may be counted already, although the P still holds it (mcache.releaseAll).
  bool may_be_flushing = false;
  std::vector<CachedSpan> spans;  // by class; only those with an allocated slot
};

// Returns one for each P that has a cache. Fails with kDamaged if a record is missing.
std::vector<SpanCache> read_span_caches(const Runtime& runtime);

}  // namespace holdfast::go
