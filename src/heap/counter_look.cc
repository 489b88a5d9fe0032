#include "heap/counter_look.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace holdfast::heap {
namespace {

constexpr std::pair<std::string_view, CounterId> kMemStats[] = {
    {"TotalAlloc", CounterId::kTotalAlloc},
    {"Sys", CounterId::kSys},
    {"Mallocs", CounterId::kMallocs},
    {"Frees", CounterId::kFrees},
    {"HeapAlloc", CounterId::kHeapAlloc},
    {"HeapSys", CounterId::kHeapSys},
    {"HeapIdle", CounterId::kHeapIdle},
    {"HeapInuse", CounterId::kHeapInuse},
    {"HeapReleased", CounterId::kHeapReleased},
    {"HeapObjects", CounterId::kHeapObjects},
    {"StackInuse", CounterId::kStackInuse},
    {"StackSys", CounterId::kStackSys},
    {"MSpanInuse", CounterId::kMSpanInuse},
    {"MSpanSys", CounterId::kMSpanSys},
    {"MCacheInuse", CounterId::kMCacheInuse},
    {"MCacheSys", CounterId::kMCacheSys},
    {"BuckHashSys", CounterId::kBuckHashSys},
    {"GCSys", CounterId::kGCSys},
    {"OtherSys", CounterId::kOtherSys},
    {"NextGC", CounterId::kNextGC},
    {"LastGC", CounterId::kLastGC},
    {"PauseTotalNs", CounterId::kPauseTotalNs},
    {"NumGC", CounterId::kNumGC},
    {"NumForcedGC", CounterId::kNumForcedGC},
};

}  // namespace

std::optional<CounterId> counter_of_mem_stats(std::string_view field) {
  const auto found = std::ranges::find_if(kMemStats, [&](const auto& row) { return row.first == field; });
  if (found == std::end(kMemStats)) return std::nullopt;
  return found->second;
}

CounterLook counter_look(const Snapshot& snapshot) {
  CounterLook look;
  look.at_ns =
      snapshot.target.kind == TargetKind::kCore ? snapshot.target.core_written_ns : snapshot.target.captured_at_ns;
  for (const auto& [field, value] : snapshot.mem_stats)
    if (const auto id = counter_of_mem_stats(field)) look.set(*id, value);
  if (const Pace& pace = snapshot.pace; pace.known) {
    look.set(CounterId::kLive, pace.marked);
    look.set(CounterId::kGCPercent, static_cast<std::uint64_t>(pace.gc_percent));
    look.set(CounterId::kMemoryLimit, pace.memory_limit);
    look.set(CounterId::kCountedForLimit, pace.counted);
    look.set(CounterId::kProcessors, pace.processors);
    look.set(CounterId::kGCCPUFraction, static_cast<std::uint64_t>(std::llround(pace.share_since_start * 1e9)));
  }
  if (const Account& account = snapshot.account; account.known && !account.of_mappings) {
    look.set(CounterId::kRss, account.rss);
    look.set(CounterId::kSwap, account.swapped);
    look.set(CounterId::kLazyFree, account.lazy_free);
    look.set(CounterId::kRssFiles, account.files);
  }
  if (snapshot.c_heap.recognised) {
    look.set(CounterId::kCHeapUsed, snapshot.c_heap.used_bytes);
    look.set(CounterId::kCHeapFree, snapshot.c_heap.free_bytes);
  }
  if (snapshot.target.threads > 0) look.set(CounterId::kThreads, snapshot.target.threads);
  if (snapshot.target.memory_limit > 0) look.set(CounterId::kGroupLimit, snapshot.target.memory_limit);
  return look;
}

}  // namespace holdfast::heap
