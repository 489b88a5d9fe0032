#include "go/span_caches.h"

#include "go/cache_record.h"
#include "go/processors.h"
#include "go/runtime_lists.h"

namespace holdfast::go {
namespace {

constexpr std::uint32_t kWorldStopped = 3;  // runtime._Pgcstop

class CacheReader {
 public:
  explicit CacheReader(const Runtime& runtime)
      : runtime_(runtime),
        memory_(runtime.memory),
        layouts_(runtime.layouts),
        fields_(runtime.layouts),
        sweep_gen_(memory_.integer<std::uint32_t>(runtime.vars.mheap + layouts_.offset("runtime.mheap", "sweepgen"))) {}

  std::vector<SpanCache> read() const {
    std::vector<SpanCache> caches;
    bool world_stopped = false;
    const ProcessorReader reader(runtime_);
    for (const Address at : list_processors(runtime_)) {
      const Processor p = reader.read(at);
      world_stopped = world_stopped || p.status == kWorldStopped;
      if (p.mcache) caches.push_back(read_cache(p.mcache));
    }
    if (world_stopped)
      for (SpanCache& cache : caches) cache.may_be_flushing = true;
    return caches;
  }

 private:
  SpanCache read_cache(Address at) const {
    SpanCache cache;
    cache.tiny_allocs = memory_.integer<std::uint64_t>(at + fields_.tiny_allocs.offset);
    cache.may_be_flushing = memory_.integer<std::uint32_t>(at + fields_.flush_gen.offset) != sweep_gen_;
    const auto spans = fields_.try_read_spans(memory_, at);
    if (!spans) fail(ErrorCode::kDamaged, "the {} spans of the cache at {:#x} cannot be read", kSpanClasses, at.value);
    for (std::size_t span_class = 0; span_class < kSpanClasses; ++span_class) {
      CachedSpan span;
      span.mspan = (*spans)[span_class];
      if (!span.mspan) continue;
      span.span_class = static_cast<std::uint8_t>(span_class);
      span.alloc_count = memory_.integer<std::uint16_t>(span.mspan + alloc_count_);
      span.count_before = memory_.integer<std::uint16_t>(span.mspan + count_before_);
      const auto sweep_gen = memory_.integer<std::uint32_t>(span.mspan + span_sweep_gen_);
      span.held = sweep_gen == sweep_gen_ + 1 || sweep_gen == sweep_gen_ + 3;
      if (span.alloc_count > 0) cache.spans.push_back(span);
    }
    return cache;
  }

  const Runtime& runtime_;
  const MemorySource& memory_;
  const LayoutSource& layouts_;
  const CacheFields fields_;
  const std::uint32_t alloc_count_ = layouts_.offset("runtime.mspan", "allocCount");
  const std::uint32_t count_before_ = layouts_.offset("runtime.mspan", "allocCountBeforeCache");
  const std::uint32_t span_sweep_gen_ = layouts_.offset("runtime.mspan", "sweepgen");
  const std::uint32_t sweep_gen_;
};

}  // namespace

std::vector<SpanCache> read_span_caches(const Runtime& runtime) {
  return CacheReader(runtime).read();
}

}  // namespace holdfast::go
