// The spans that each P allocates from on its own account (runtime.mcache, Go 1.19-1.27; reference 2.7, 8.1). What it
// took from them is not in the runtime's counters until it gives them back. A target can be stopped in the middle of
// that, which shows in the span: whoever gives one back says so in sweepgen first.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.h"
#include "go/runtime.h"

namespace holdfast::go {

struct CachedSpan {
  Address mspan;
  std::uint8_t span_class = 0;
  std::uint32_t alloc_count = 0;   // slots allocated
  std::uint32_t count_before = 0;  // of these, before the P had it; 0 as soon as the P begins to count the rest
  bool held = false;               // sweepgen says that a P has it; if not, the P is giving it back at this moment

  // Slots that the P has taken from it.
  std::uint32_t taken() const { return alloc_count > count_before ? alloc_count - count_before : 0; }
};

struct SpanCache {
  std::uint64_t tiny_allocs = 0;  // not counted yet
  // The P has to give back all that it holds, or the world is stopped, where somebody may do that for it: then the
  // first span may be counted already though the P still holds it (mcache.releaseAll).
  bool may_be_flushing = false;
  std::vector<CachedSpan> spans;  // by class; only those with an allocated slot
};

// One per P that has a cache. Fails with kDamaged where a record is missing.
std::vector<SpanCache> read_span_caches(const Runtime& runtime);

}  // namespace holdfast::go
