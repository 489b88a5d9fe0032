#include "view/counter_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/units.h"

namespace holdfast::view {
namespace {

using heap::CounterId;
using U = CounterUnit;

constexpr std::array<CounterField, heap::kCounterIds> kFields = {{
    {CounterId::kTotalAlloc, "total_alloc", U::kBytes, true, "go_memstats_alloc_bytes_total", "TotalAlloc",
     "allocated for objects since the program began; what was freed counts, too"},
    {CounterId::kSys, "sys", U::kBytes, false, "go_memstats_sys_bytes", "Sys",
     "address space that the runtime has taken from the system, what it has given back included; it never falls, and "
     "is "
     "not what is in memory"},
    {CounterId::kMallocs, "mallocs", U::kCount, true, "go_memstats_mallocs_total", "Mallocs",
     "objects allocated since the program began; each tiny one counts, though several share a slot"},
    {CounterId::kFrees, "frees", U::kCount, true, "go_memstats_frees_total", "Frees",
     "objects freed since the program began"},
    {CounterId::kHeapAlloc, "heap_alloc", U::kBytes, false, "go_memstats_heap_alloc_bytes", "HeapAlloc, Alloc",
     "objects that are allocated, as slots: those that live, and dead ones that no collection has found and no sweep "
     "has "
     "freed yet"},
    {CounterId::kHeapSys, "heap_sys", U::kBytes, false, "go_memstats_heap_sys_bytes", "HeapSys",
     "address space of the heap: heap_inuse and heap_idle"},
    {CounterId::kHeapIdle, "heap_idle", U::kBytes, false, "go_memstats_heap_idle_bytes", "HeapIdle",
     "heap in no span: free pages, those among them that were given back to the system included"},
    {CounterId::kHeapInuse, "heap_inuse", U::kBytes, false, "go_memstats_heap_inuse_bytes", "HeapInuse",
     "spans with at least one object; free slots in them count, so it is more than heap_alloc and says little of what "
     "lives"},
    {CounterId::kHeapReleased, "heap_released", U::kBytes, false, "go_memstats_heap_released_bytes", "HeapReleased",
     "of heap_idle, what was given back to the system or never used; under MADV_FREE it can still be in rss"},
    {CounterId::kHeapObjects, "heap_objects", U::kCount, false, "go_memstats_heap_objects", "HeapObjects",
     "objects that are allocated, dead ones included: mallocs less frees"},
    {CounterId::kStackInuse, "stack_inuse", U::kBytes, false, "go_memstats_stack_inuse_bytes", "StackInuse",
     "spans of goroutine stacks"},
    {CounterId::kStackSys, "stack_sys", U::kBytes, false, "go_memstats_stack_sys_bytes", "StackSys",
     "stack_inuse, and stacks of threads that the system gave; not those that C made"},
    {CounterId::kMSpanInuse, "mspan_inuse", U::kBytes, false, "go_memstats_mspan_inuse_bytes", "MSpanInuse",
     "the runtime's records of spans"},
    {CounterId::kMSpanSys, "mspan_sys", U::kBytes, false, "go_memstats_mspan_sys_bytes", "MSpanSys",
     "what was taken from the system for these"},
    {CounterId::kMCacheInuse, "mcache_inuse", U::kBytes, false, "go_memstats_mcache_inuse_bytes", "MCacheInuse",
     "the runtime's caches, one for each processor"},
    {CounterId::kMCacheSys, "mcache_sys", U::kBytes, false, "go_memstats_mcache_sys_bytes", "MCacheSys",
     "what was taken from the system for these"},
    {CounterId::kBuckHashSys, "buck_hash_sys", U::kBytes, false, "go_memstats_buck_hash_sys_bytes", "BuckHashSys",
     "the memory profile's records of stacks"},
    {CounterId::kGCSys, "gc_sys", U::kBytes, false, "go_memstats_gc_sys_bytes", "GCSys",
     "what the collector needs for itself: bitmaps, lists of work"},
    {CounterId::kOtherSys, "other_sys", U::kBytes, false, "go_memstats_other_sys_bytes", "OtherSys",
     "the rest of what the runtime took: timers, finalizers, records of goroutines"},
    {CounterId::kNextGC, "next_gc", U::kBytes, false, "go_memstats_next_gc_bytes", "NextGC, /gc/heap/goal:bytes",
     "the heap that the collection to come aims at: by GOGC, or less by the memory limit"},
    {CounterId::kLastGC, "last_gc", U::kMoment, false, "go_memstats_last_gc_time_seconds", "LastGC",
     "when the last collection ended"},
    {CounterId::kPauseTotalNs, "pause_total", U::kNanoseconds, true, "go_gc_pause_seconds_total", "PauseTotalNs",
     "how long the collector has stopped the whole program since it began"},
    {CounterId::kNumGC, "num_gc", U::kCount, true, "go_gc_cycles_total_gc_cycles_total",
     "NumGC, /gc/cycles/total:gc-cycles", "collections that are complete"},
    {CounterId::kNumForcedGC, "num_forced_gc", U::kCount, true, "go_gc_cycles_forced_gc_cycles_total",
     "NumForcedGC, /gc/cycles/forced:gc-cycles", "of them, those that the program asked for with runtime.GC"},
    {CounterId::kGCCPUFraction, "gc_cpu_fraction", U::kShare, false, "go_memstats_gc_cpu_fraction", "GCCPUFraction",
     "which part of the processor time that the program could have had the collector took, since it began: an average "
     "over its whole life"},
    {CounterId::kLive, "live", U::kBytes, false, "go_gc_heap_live_bytes", "/gc/heap/live:bytes",
     "what the last collection found alive, and what was allocated while it marked: the figure to follow for a leak, "
     "from collection to collection"},
    {CounterId::kGCPercent, "gogc", U::kPercent, false, "go_gc_gogc_percent", "GOGC, /gc/gogc:percent",
     "how much may be allocated beyond what lives before the next collection, in percent of that; -1 = off"},
    {CounterId::kMemoryLimit, "memory_limit", U::kBytes, false, "go_gc_gomemlimit_bytes",
     "GOMEMLIMIT, /gc/gomemlimit:bytes",
     "what the runtime means to stay below, memory of C and mappings of the program apart; the largest integer = none"},
    {CounterId::kCountedForLimit, "counted_for_limit", U::kBytes, false, "go_memory_classes_ready_bytes",
     "Sys - HeapReleased", "what counts for that limit"},
    {CounterId::kProcessors, "gomaxprocs", U::kCount, false, "go_sched_gomaxprocs_threads",
     "GOMAXPROCS, /sched/gomaxprocs:threads", "how many threads run Go code at a time"},
    {CounterId::kGoroutines, "goroutines", U::kCount, false, "go_goroutines",
     "NumGoroutine, /sched/goroutines:goroutines", "goroutines that have not ended, without the runtime's own"},
    {CounterId::kMarking, "collecting", U::kFlag, false, "go_gc_running", "runtime.gcphase",
     "whether a collection is under way"},
    {CounterId::kLastPause, "last_pause", U::kNanoseconds, false, "go_gc_last_pause_seconds", "PauseNs",
     "how long the last collection stopped the whole program"},
    {CounterId::kLongestPause, "longest_pause", U::kNanoseconds, false, "go_gc_longest_pause_seconds", "PauseNs",
     "the longest of these, of the last 256 collections"},
    {CounterId::kCollectorTime, "gc_cpu", U::kNanoseconds, true, "go_cpu_classes_gc_total_cpu_seconds_total",
     "/cpu/classes/gc/total:cpu-seconds",
     "processor time of the collector up to the end of the last collection, that of idle processors included"},
    {CounterId::kAssistTime, "gc_assist_cpu", U::kNanoseconds, true, "go_cpu_classes_gc_mark_assist_cpu_seconds_total",
     "/cpu/classes/gc/mark/assist:cpu-seconds",
     "of it, what goroutines had to help because they allocated faster than the collector marked"},
    {CounterId::kScavengeTime, "scavenge_cpu", U::kNanoseconds, true, "go_cpu_classes_scavenge_total_cpu_seconds_total",
     "/cpu/classes/scavenge/total:cpu-seconds", "processor time for giving memory back to the system"},
    {CounterId::kAllTime, "all_cpu", U::kNanoseconds, true, "go_cpu_classes_total_cpu_seconds_total",
     "/cpu/classes/total:cpu-seconds", "processor time that the program could have had: gomaxprocs times the time"},
    {CounterId::kLimiterCycle, "limiter_cycle", U::kCount, false, "go_gc_limiter_last_enabled_gc_cycle",
     "/gc/limiter/last-enabled:gc-cycle",
     "the last collection that was held back so that the program got half of the processors at least: the memory limit "
     "is too low then; 0 = never"},
    {CounterId::kRss, "rss", U::kBytes, false, "process_resident_memory_bytes", "VmRSS",
     "memory of the process that is in memory, of whatever kind; the kernel may be behind by some pages for each "
     "thread"},
    {CounterId::kRssAnonymous, "rss_anonymous", U::kBytes, false, "process_resident_anonymous_bytes", "RssAnon",
     "of rss, memory of no file: the Go heap, C, stacks"},
    {CounterId::kRssFiles, "rss_files", U::kBytes, false, "process_resident_file_bytes", "RssFile",
     "of rss, mapped files, the program itself among them: the page cache, which the system takes back when it needs "
     "memory"},
    {CounterId::kRssShared, "rss_shared", U::kBytes, false, "process_resident_shared_bytes", "RssShmem",
     "of rss, shared memory and tmpfs"},
    {CounterId::kPeakRss, "peak_rss", U::kBytes, false, "process_peak_resident_memory_bytes", "VmHWM",
     "the most that rss has been"},
    {CounterId::kAddressSpace, "address_space", U::kBytes, false, "process_virtual_memory_bytes", "VmSize",
     "all that is mapped; Go reserves far more than it uses"},
    {CounterId::kSwap, "swap", U::kBytes, false, "process_swapped_bytes", "VmSwap", "swapped out, so not in rss"},
    {CounterId::kProportional, "pss", U::kBytes, false, "process_proportional_memory_bytes", "Pss",
     "as rss, but each page divided by how many processes have it"},
    {CounterId::kPrivateDirty, "private_dirty", U::kBytes, false, "process_private_dirty_bytes", "Private_Dirty",
     "of rss, what would be free if the process ended"},
    {CounterId::kLazyFree, "lazy_free", U::kBytes, false, "process_lazy_free_bytes", "LazyFree",
     "of rss, what the process has given back with MADV_FREE and the system has not taken yet"},
    {CounterId::kHugePages, "huge_pages", U::kBytes, false, "process_huge_page_bytes", "AnonHugePages",
     "of rss, memory in huge pages, which are in memory as a whole"},
    {CounterId::kCHeapUsed, "c_heap_used", U::kBytes, false, "process_c_heap_used_bytes", "malloc",
     "blocks that malloc of the GNU C library has given out"},
    {CounterId::kCHeapFree, "c_heap_free", U::kBytes, false, "process_c_heap_free_bytes", "malloc",
     "what it keeps to give out again"},
    {CounterId::kProgramCached, "program_cached", U::kBytes, false, "process_program_cached_bytes", "mincore",
     "of the program's file, what is in the page cache; processes that run the same file share it"},
    {CounterId::kThreads, "threads", U::kCount, false, "process_threads", "Threads", "threads, those of C included"},
    {CounterId::kOpenFiles, "open_files", U::kCount, false, "process_open_fds", "/proc/PID/fd",
     "open file descriptors"},
    {CounterId::kMostOpenFiles, "most_open_files", U::kCount, false, "process_max_fds", "RLIMIT_NOFILE",
     "how many it may have"},
    {CounterId::kMinorFaults, "minor_faults", U::kCount, true, "process_minor_page_faults_total", "minflt",
     "page faults that needed no disk: pages touched for the first time"},
    {CounterId::kMajorFaults, "major_faults", U::kCount, true, "process_major_page_faults_total", "majflt",
     "page faults that needed the disk: files and swap"},
    {CounterId::kProcessorTime, "cpu", U::kNanoseconds, true, "process_cpu_seconds_total", "utime + stime",
     "processor time of all threads, the system's work for them included"},
    {CounterId::kGroupUsage, "group_usage", U::kBytes, false, "process_cgroup_memory_usage_bytes", "memory.current",
     "memory charged to the control group with the tightest limit, the page cache of its files included"},
    {CounterId::kGroupLimit, "group_limit", U::kBytes, false, "process_cgroup_memory_limit_bytes", "memory.max",
     "that limit: whoever goes beyond it is killed"},
    {CounterId::kGroupReclaimable, "group_reclaimable", U::kBytes, false, "process_cgroup_memory_inactive_file_bytes",
     "inactive_file", "of group_usage, page cache that is taken back before anybody is killed"},
}};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kFields.size(); ++i)
    if (static_cast<std::size_t>(kFields[i].id) != i) return false;
  return true;
}
static_assert(in_order());

}  // namespace

std::span<const CounterField> counter_fields() {
  return kFields;
}

const CounterField& counter_field(CounterId id) {
  return kFields[static_cast<std::size_t>(id)];
}

const CounterField* counter_named(std::string_view name) {
  const auto found = std::ranges::find_if(kFields, [&](const CounterField& field) { return field.name == name; });
  return found == kFields.end() ? nullptr : &*found;
}

std::string counter_text(const CounterField& field, std::optional<std::int64_t> value) {
  if (!value) return "-";
  const auto number = static_cast<std::uint64_t>(*value);
  switch (field.unit) {
    case U::kCount:
      return format_count(number);
    case U::kBytes:
      return number == heap::Pace::kNoLimit ? "none" : format_bytes(number);
    case U::kNanoseconds:
      return number < 1'000'000 ? fmt::format("{:.1f} µs", static_cast<double>(number) / 1e3)
                                : format_seconds(static_cast<double>(number) / 1e9);
    case U::kMoment:
      return number == 0 ? "never" : format_moment(*value);
    case U::kShare:
      return fmt::format("{:.3g} %", static_cast<double>(number) / 1e7);
    case U::kPercent:
      return *value < 0 ? "off" : fmt::format("{} %", number);
    case U::kFlag:
      return number == 0 ? "no" : "yes";
  }
  return "";
}

}  // namespace holdfast::view
