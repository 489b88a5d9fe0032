#include "go/mem_stats.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "base/architecture.h"
#include "go/runtime_lists.h"
#include "go/span_caches.h"

namespace holdfast::go {
namespace {

constexpr std::uint32_t kKeptPauses = 256;  // of memstats.pause_end, a ring
constexpr unsigned kShards = 3;             // there are three copies of the heap statistics in turn; their sum counts

// Sums up and corrects runtime.memstats.heapStats as ReadMemStats does.
class HeapStats {
 public:
  explicit HeapStats(const Runtime& runtime)
      : runtime_(runtime),
        at_(runtime.vars.memstats + runtime.layouts.offset("runtime.mstats", "heapStats") +
            runtime.layouts.offset("runtime.consistentHeapStats", "stats")),
        stride_(runtime.layouts.get_size("runtime.heapStatsDelta")) {
    add_array("smallAllocCount", small_allocs_);
    add_array("smallFreeCount", small_frees_);
    tiny_allocs_ = sum("tinyAllocCount");
    add_caches();
  }

  std::uint64_t sum(std::string_view field) const {
    const auto layout = runtime_.layouts.find("runtime.heapStatsDelta", field);
    if (!layout) return 0;
    std::uint64_t total = 0;
    for (unsigned shard = 0; shard < kShards; ++shard)
      total += runtime_.memory.integer<std::uint64_t>(at_ + shard * stride_ + layout->offset);
    return total;
  }
  std::uint64_t allocated_bytes() const { return sum("largeAlloc") + bytes_of(small_allocs_); }
  std::uint64_t freed_bytes() const { return sum("largeFree") + bytes_of(small_frees_); }
  std::uint64_t mallocs() const { return sum("largeAllocCount") + count_of(small_allocs_) + tiny_allocs_; }
  std::uint64_t frees() const { return sum("largeFreeCount") + count_of(small_frees_) + tiny_allocs_; }

 private:
  using ByClass = std::array<std::uint64_t, kSizeClasses>;

  void add_array(std::string_view field, ByClass& to) const {
    const std::uint32_t offset = runtime_.layouts.offset("runtime.heapStatsDelta", field);
    for (unsigned shard = 0; shard < kShards; ++shard)
      for (std::uint64_t c = 0; c < kSizeClasses; ++c)
        to[c] += runtime_.memory.integer<std::uint64_t>(at_ + shard * stride_ + offset + c * 8);
  }

  // Adds what the caches of each P have handed out since they were last flushed. A span that is being given back has
  // nearly always been counted, since the step after that takes longest (mcentral.cacheSpan).
  void add_caches() {
    for (const SpanCache& cache : read_span_caches(runtime_)) {
      tiny_allocs_ += cache.tiny_allocs;
      for (const CachedSpan& span : cache.spans)
        if (span.held) small_allocs_[span.span_class / 2] += span.taken();
    }
  }

  static std::uint64_t bytes_of(const ByClass& counts) {
    std::uint64_t total = 0;
    for (unsigned c = 0; c < kSizeClasses; ++c) total += counts[c] * size_of_class(c);
    return total;
  }
  static std::uint64_t count_of(const ByClass& counts) {
    std::uint64_t total = 0;
    for (const std::uint64_t n : counts) total += n;
    return total;
  }

  const Runtime& runtime_;
  Address at_;
  std::uint64_t stride_;
  ByClass small_allocs_{};
  ByClass small_frees_{};
  std::uint64_t tiny_allocs_ = 0;
};

class CounterReader {
 public:
  explicit CounterReader(const Runtime& runtime) : runtime_(runtime), heap_(runtime) {}

  std::uint64_t controller(std::string_view field) const {
    return runtime_.memory.integer<std::uint64_t>(runtime_.vars.gc_controller +
                                                  runtime_.layouts.offset("runtime.gcControllerState", field));
  }
  template <typename T = std::uint64_t>
  T memstats(std::string_view field) const {
    return runtime_.memory.integer<T>(runtime_.vars.memstats + runtime_.layouts.offset("runtime.mstats", field));
  }
  std::uint64_t fixalloc_in_use(std::string_view pool) const {
    return runtime_.memory.integer<std::uint64_t>(runtime_.vars.mheap + runtime_.layouts.offset("runtime.mheap", pool) +
                                                  runtime_.layouts.offset("runtime.fixalloc", "inuse"));
  }

  MemStats read() const {
    MemStats stats;
    const auto add = [&](std::string_view name, std::uint64_t value) { stats.fields.emplace_back(name, value); };
    const std::uint64_t in_stacks = heap_.sum("inStacks");
    const std::uint64_t manual_other = heap_.sum("inWorkBufs") + heap_.sum("inPtrScalarBits");
    const std::uint64_t heap_sys = controller("heapInUse") + controller("heapFree") + controller("heapReleased");
    const std::uint64_t system = memstats("stacks_sys") + memstats("mspan_sys") + memstats("mcache_sys") +
                                 memstats("buckhash_sys") + memstats("gcMiscSys") + memstats("other_sys");
    add("Alloc", heap_.allocated_bytes() - heap_.freed_bytes());
    add("TotalAlloc", heap_.allocated_bytes());
    add("Sys", heap_sys + system + in_stacks + manual_other);
    add("Mallocs", heap_.mallocs());
    add("Frees", heap_.frees());
    add("HeapAlloc", heap_.allocated_bytes() - heap_.freed_bytes());
    add("HeapSys", heap_sys);
    add("HeapIdle", controller("heapFree") + controller("heapReleased"));
    add("HeapInuse", controller("heapInUse"));
    add("HeapReleased", controller("heapReleased"));
    add("HeapObjects", heap_.mallocs() - heap_.frees());
    add("StackInuse", in_stacks);
    add("StackSys", in_stacks + memstats("stacks_sys"));
    add("MSpanInuse", fixalloc_in_use("spanalloc"));
    add("MSpanSys", memstats("mspan_sys"));
    add("MCacheInuse", fixalloc_in_use("cachealloc"));
    add("MCacheSys", memstats("mcache_sys"));
    add("BuckHashSys", memstats("buckhash_sys"));
    add("GCSys", memstats("gcMiscSys") + manual_other);
    add("OtherSys", memstats("other_sys"));
    add("NextGC", next_gc());
    add("LastGC", memstats("last_gc_unix"));
    add("PauseTotalNs", memstats("pause_total_ns"));
    add("NumGC", memstats<std::uint32_t>("numgc"));
    add("NumForcedGC", memstats<std::uint32_t>("numforcedgc"));
    stats.manual_bytes = in_stacks + manual_other;
    return stats;
  }

 private:
  // Returns the smaller of the goals by GC percent and by memory limit (reference 8.2).
  std::uint64_t next_gc() const {
    constexpr std::uint64_t kHeadroom = 1 << 20;
    const std::uint64_t by_percent = controller("gcPercentHeapGoal");
    const std::uint64_t limit = controller("memoryLimit");
    const std::uint64_t mapped = controller("mappedReady");
    const std::uint64_t marked = controller("heapMarked");
    const std::uint64_t alloc = controller("totalAlloc") - controller("totalFree");
    const std::uint64_t non_heap = mapped - controller("heapFree") - alloc;
    const std::uint64_t over = mapped > limit ? mapped - limit : 0;
    std::uint64_t by_limit = marked;
    if (non_heap + over < limit) {
      by_limit = limit - non_heap - over;
      const std::uint64_t headroom =
          runtime_.version.limit_headroom_grows() ? std::max(kHeadroom, by_limit / 100 * 3) : kHeadroom;
      by_limit = by_limit < 2 * headroom ? headroom : by_limit - headroom;
      by_limit = std::max(by_limit, marked);
    }
    return std::min(by_percent, by_limit);
  }

  const Runtime& runtime_;
  HeapStats heap_;
};

// Of the last collections, oldest first, as times of day.
std::vector<std::uint64_t> read_ends(const Runtime& runtime, std::uint32_t count) {
  const Address ring = runtime.vars.memstats + runtime.layouts.offset("runtime.mstats", "pause_end");
  std::vector<std::uint64_t> ends;
  for (std::uint32_t n = count - std::min(count, kKeptPauses); n < count; ++n)
    if (const auto end = runtime.memory.try_integer<std::uint64_t>(ring + std::uint64_t{n % kKeptPauses} * kWord))
      ends.push_back(*end);
  return ends;
}

}  // namespace

std::optional<std::uint64_t> MemStats::find(std::string_view name) const {
  for (const auto& [field, value] : fields)
    if (field == name) return value;
  return std::nullopt;
}

std::optional<CollectorPace> read_collector_pace(const Runtime& runtime) {
  const Variables& vars = runtime.vars;
  if (!vars.memstats || !vars.gc_controller || !vars.allp) return std::nullopt;
  const MemorySource& memory = runtime.memory;
  const auto field = [&](std::string_view name) {
    return vars.gc_controller + runtime.layouts.offset("runtime.gcControllerState", name);
  };
  const auto stats = [&](std::string_view name) {
    return vars.memstats + runtime.layouts.offset("runtime.mstats", name);
  };
  const auto count = memory.try_integer<std::uint32_t>(stats("numgc"));
  const auto fraction = memory.try_integer<std::uint64_t>(stats("gc_cpu_fraction"));
  if (!count || !fraction) return std::nullopt;
  CollectorPace pace;
  pace.gc_percent = static_cast<std::int32_t>(memory.integer<std::uint32_t>(field("gcPercent")));
  pace.memory_limit = memory.integer<std::uint64_t>(field("memoryLimit"));
  pace.mapped_ready = memory.integer<std::uint64_t>(field("mappedReady"));
  pace.marked = memory.integer<std::uint64_t>(field("heapMarked"));
  for (const std::string_view name : {"assistTime", "dedicatedMarkTime", "fractionalMarkTime"})
    pace.mark_ns += memory.integer<std::uint64_t>(field(name));
  pace.processors = try_list_processors(runtime).size();
  pace.cpu_fraction = std::bit_cast<double>(*fraction);
  if (!std::isfinite(pace.cpu_fraction)) return std::nullopt;
  pace.ends = read_ends(runtime, *count);
  return pace;
}

namespace {

// The sums of processor time in runtime.work (1.20+). Their names were exported in 1.23.
std::optional<std::uint64_t> cpu_stat(const Runtime& runtime, std::string_view lower, std::string_view upper) {
  if (!runtime.vars.work) return std::nullopt;
  for (const std::string_view name : {lower, upper})
    if (const auto field = runtime.layouts.find("runtime.workType", fmt::format("cpuStats.{}", name)))
      return runtime.memory.try_integer<std::uint64_t>(runtime.vars.work + field->offset);
  return std::nullopt;
}

std::optional<std::uint64_t> try_field(const Runtime& runtime, Address variable, std::string_view type,
                                       std::string_view name) {
  const auto field = runtime.layouts.find(type, name);
  if (!variable || !field) return std::nullopt;
  if (field->size == sizeof(std::uint32_t)) return runtime.memory.try_integer<std::uint32_t>(variable + field->offset);
  return runtime.memory.try_integer<std::uint64_t>(variable + field->offset);
}

void read_pauses(const Runtime& runtime, CollectorTimes& to) {
  const auto count = count_collections(runtime);
  const auto field = runtime.layouts.find("runtime.mstats", "pause_ns");
  if (!count || !field || *count == 0) return;
  const Address ring = runtime.vars.memstats + field->offset;
  for (std::uint32_t n = *count - std::min(*count, kKeptPauses); n < *count; ++n) {
    to.last_pause_ns = runtime.memory.try_integer<std::uint64_t>(ring + std::uint64_t{n % kKeptPauses} * kWord);
    to.longest_pause_ns = std::max(to.longest_pause_ns, to.last_pause_ns);
  }
}

}  // namespace

CollectorTimes read_collector_times(const Runtime& runtime) {
  const Variables& vars = runtime.vars;
  CollectorTimes times;
  times.collector_ns = cpu_stat(runtime, "gcTotalTime", "GCTotalTime");
  times.assist_ns = cpu_stat(runtime, "gcAssistTime", "GCAssistTime");
  times.scavenge_ns = cpu_stat(runtime, "scavengeTotalTime", "ScavengeTotalTime");
  times.all_ns = cpu_stat(runtime, "totalTime", "TotalTime");
  if (!times.collector_ns) {  // 1.19
    times.collector_ns = try_field(runtime, vars.work, "runtime.workType", "totaltime");
    times.all_ns = try_field(runtime, vars.sched, "runtime.schedt", "totaltime");
  }
  times.limiter_cycle = try_field(runtime, vars.cpu_limiter, "runtime.gcCPULimiterState", "lastEnabledCycle");
  if (vars.gcphase)
    if (const auto phase = runtime.memory.try_integer<std::uint32_t>(vars.gcphase)) times.marking = *phase != 0;
  read_pauses(runtime, times);
  return times;
}

std::optional<std::uint32_t> count_collections(const Runtime& runtime) {
  if (!runtime.vars.memstats) return std::nullopt;
  return runtime.memory.try_integer<std::uint32_t>(runtime.vars.memstats +
                                                   runtime.layouts.offset("runtime.mstats", "numgc"));
}

std::uint64_t last_collection_clock(const Runtime& runtime) {
  const auto field = runtime.layouts.find("runtime.mstats", "last_gc_nanotime");
  if (!runtime.vars.memstats || !field) return 0;
  return runtime.memory.try_integer<std::uint64_t>(runtime.vars.memstats + field->offset).value_or(0);
}

// The end of the last collection is known in both clocks.
std::vector<std::uint64_t> collection_end_clocks(const Runtime& runtime) {
  const auto count = count_collections(runtime);
  const auto field = runtime.layouts.find("runtime.mstats", "last_gc_unix");
  const std::uint64_t clock = last_collection_clock(runtime);
  if (!count || !field || clock == 0) return {};
  const std::uint64_t day =
      runtime.memory.try_integer<std::uint64_t>(runtime.vars.memstats + field->offset).value_or(0);
  std::vector<std::uint64_t> out;
  for (const std::uint64_t end : read_ends(runtime, *count))
    if (end <= day && day - end < clock) out.push_back(clock - (day - end));
  std::ranges::sort(out);
  return out;
}

std::optional<std::uint64_t> count_c_handles(const Runtime& runtime) {
  if (!runtime.vars.c_handle_index) return std::nullopt;
  return runtime.memory.try_integer<std::uint64_t>(runtime.vars.c_handle_index);
}

MemStats read_mem_stats(const Runtime& runtime) {
  const Variables& vars = runtime.vars;
  if (!vars.memstats || !vars.gc_controller || !vars.allp || !vars.mheap) return {};
  return CounterReader(runtime).read();
}

}  // namespace holdfast::go
