#include "go/span_caches.h"

#include <array>

#include "go/heap_model.h"
#include "go/processors.h"
#include "go/runtime_lists.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kSpanClasses = 2 * kSizeClasses;
constexpr std::uint32_t kWorldStopped = 3;  // runtime._Pgcstop

class CacheReader {
 public:
  explicit CacheReader(const Runtime& runtime)
      : runtime_(runtime),
        memory_(runtime.memory),
        layouts_(runtime.layouts),
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
  template <typename T>
  T field(Address record, std::string_view type, std::string_view name) const {
    return memory_.integer<T>(record + layouts_.offset(type, name));
  }

  SpanCache read_cache(Address at) const {
    SpanCache cache;
    cache.tiny_allocs = field<std::uint64_t>(at, "runtime.mcache", "tinyAllocs");
    cache.may_be_flushing = field<std::uint32_t>(at, "runtime.mcache", "flushGen") != sweep_gen_;
    std::array<std::byte, kSpanClasses * 8> spans{};
    const Address list = at + layouts_.offset("runtime.mcache", "alloc");
    if (!memory_.try_read(list, spans))
      fail(ErrorCode::kDamaged, "the {} spans of the cache at {:#x} cannot be read", kSpanClasses, at.value);
    for (std::uint64_t span_class = 0; span_class < kSpanClasses; ++span_class) {
      CachedSpan span;
      span.mspan = Address(load_le<std::uint64_t>(spans.data() + span_class * 8));
      if (!span.mspan) continue;
      span.span_class = static_cast<std::uint8_t>(span_class);
      span.alloc_count = field<std::uint16_t>(span.mspan, "runtime.mspan", "allocCount");
      span.count_before = field<std::uint16_t>(span.mspan, "runtime.mspan", "allocCountBeforeCache");
      const auto sweep_gen = field<std::uint32_t>(span.mspan, "runtime.mspan", "sweepgen");
      span.held = sweep_gen == sweep_gen_ + 1 || sweep_gen == sweep_gen_ + 3;
      if (span.alloc_count > 0) cache.spans.push_back(span);
    }
    return cache;
  }

  const Runtime& runtime_;
  const MemorySource& memory_;
  const LayoutSource& layouts_;
  const std::uint32_t sweep_gen_;
};

}  // namespace

std::vector<SpanCache> read_span_caches(const Runtime& runtime) {
  return CacheReader(runtime).read();
}

}  // namespace holdfast::go
