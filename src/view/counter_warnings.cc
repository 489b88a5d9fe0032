#include "view/counter_warnings.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/units.h"

namespace holdfast::view {
namespace {

using heap::CounterId;

constexpr std::int64_t kMiB = 1 << 20;
constexpr std::int64_t kLeast = 8 * kMiB;  // less is not worth a word
constexpr std::int64_t kNoLimit = static_cast<std::int64_t>(heap::Pace::kNoLimit);

std::string bytes(std::int64_t value) {
  return format_bytes(static_cast<std::uint64_t>(std::max<std::int64_t>(value, 0)));
}

class Warner {
 public:
  explicit Warner(const heap::CounterLook& look) : look_(look) {}

  std::vector<CounterWarning> all() {
    motion();
    what_lives();
    address_space();
    free_memory();
    beside_go();
    limits();
    collector();
    return std::move(out_);
  }

 private:
  bool has(CounterId id) const { return look_.of(id).has_value(); }
  std::int64_t get(CounterId id) const { return look_.of(id).value_or(0); }
  // Whether a part is large enough, and at least one in so many of the whole.
  static bool large(std::int64_t part, std::int64_t whole, std::int64_t one_in) {
    return part >= kLeast && part * one_in >= whole;
  }
  template <typename... Args>
  void warn(std::string_view id, fmt::format_string<Args...> format, Args&&... args) {
    out_.push_back({id, fmt::format(format, std::forward<Args>(args)...)});
  }

  void motion() {
    if (look_.of_one_moment) return;
    warn("moving",
         "The process was at work between the two readings of this look: heap_alloc changed by {} meanwhile, and {} "
         "were "
         "allocated. So far the runtime's figures may be apart.",
         format_bytes(look_.heap_moved), format_bytes(look_.allocated_meanwhile));
  }

  void what_lives() {
    const std::int64_t in_use = get(CounterId::kHeapInuse), alloc = get(CounterId::kHeapAlloc);
    const std::int64_t live = get(CounterId::kLive);
    if (has(CounterId::kLive) && live > 0 && large(in_use - live, in_use, 3))
      warn("heap_inuse_is_not_live",
           "heap_inuse ({}) is not what lives: the last collection found {} alive. The rest is garbage, what was "
           "allocated since, and free slots.",
           bytes(in_use), bytes(live));
    if (has(CounterId::kLive) && live > 0 && large(alloc - live, alloc, 4))
      warn("heap_alloc_has_dead_objects",
           "heap_alloc ({}) has dead objects in it: of {} beyond the {} that the last collection left, nobody knows "
           "before the next one what lives.",
           bytes(alloc), bytes(alloc - live), bytes(live));
    if (large(in_use - alloc, in_use, 4))
      warn("free_slots",
           "{} of heap_inuse ({}) are free slots of spans in which something lives: only objects of the same size can "
           "have them.",
           bytes(in_use - alloc), bytes(in_use));
  }

  void address_space() {
    const std::int64_t sys = get(CounterId::kSys), rss = get(CounterId::kRss);
    if (has(CounterId::kRss) && large(sys - rss, sys, 5))
      warn(
          "sys_is_address_space",
          "sys ({}) is address space and never falls: the process has {} in memory, and of the heap {} were given back "
          "or never used.",
          bytes(sys), bytes(rss), bytes(get(CounterId::kHeapReleased)));
  }

  void free_memory() {
    const std::int64_t rss = get(CounterId::kRss);
    const std::int64_t kept = get(CounterId::kHeapIdle) - get(CounterId::kHeapReleased);
    const std::int64_t lazy = get(CounterId::kLazyFree);
    if (large(lazy, rss, 10))
      warn("released_is_in_rss",
           "{} of rss ({}) have been given back with MADV_FREE and stay in it until the system needs them: it is "
           "GODEBUG=madvdontneed=0 that asks for that.",
           bytes(lazy), bytes(rss));
    if (large(kept, std::max(rss, get(CounterId::kHeapSys) / 2), 5))
      warn("idle_is_not_returned",
           "{} of the heap are free and not given back yet: the runtime does that little by little, and keeps what the "
           "next collection's goal ({}) may need. A rss that stays after a peak is no leak.",
           bytes(kept), bytes(get(CounterId::kNextGC)));
    if (const std::int64_t swap = get(CounterId::kSwap); swap >= kMiB)
      warn("swapped", "{} of the process are swapped out and not in rss ({}).", bytes(swap), bytes(rss));
  }

  void beside_go() {
    const std::int64_t rss = get(CounterId::kRss), files = get(CounterId::kRssFiles);
    const std::int64_t of_go = get(CounterId::kSys) - get(CounterId::kHeapReleased);
    const std::int64_t beside =
        get(CounterId::kRssAnonymous) + get(CounterId::kRssShared) + get(CounterId::kSwap) - of_go;
    if (has(CounterId::kRssAnonymous) && has(CounterId::kSys) && large(beside, rss, 10))
      warn(
          "memory_beside_go",
          "At least {} of rss ({}) are not Go's, which has {} from the system: memory of C or mappings of the program. "
          "No heap profile has it, and GOMEMLIMIT does not count it.",
          bytes(beside), bytes(rss), bytes(of_go));
    if (large(files, rss, 4))
      warn("rss_has_files",
           "{} of rss ({}) are pages of files, the program's own among them: page cache, which the system takes back "
           "when it needs memory.",
           bytes(files), bytes(rss));
  }

  void limits() {
    const std::int64_t limit = get(CounterId::kMemoryLimit), counted = get(CounterId::kCountedForLimit);
    const std::int64_t rss = get(CounterId::kRss), group = get(CounterId::kGroupLimit);
    const bool has_limit = has(CounterId::kMemoryLimit) && limit < kNoLimit;
    if (has_limit && counted >= limit - limit / 10)
      warn("memory_limit_is_near",
           "The memory limit ({}) is nearly reached by what counts for it: {}, which is sys less heap_released and not "
           "rss ({}). The nearer, the more often the collector runs.",
           bytes(limit), bytes(counted), bytes(rss));
    if (group > 0 && rss >= group - group / 5)
      warn("group_limit_is_near",
           "rss ({}) is near the limit of its control group ({}); of the group's {} only {} are page cache that is "
           "taken "
           "back before anybody is killed.",
           bytes(rss), bytes(group), bytes(get(CounterId::kGroupUsage)), bytes(get(CounterId::kGroupReclaimable)));
    if (group > 0 && has(CounterId::kMemoryLimit) && limit > group)
      warn("collector_knows_no_limit",
           "The control group's limit is {}, and the collector does not know of it: GOMEMLIMIT is {}.", bytes(group),
           has_limit ? bytes(limit) : "not set");
    const std::int64_t usage = get(CounterId::kGroupUsage);
    if (group > 0 && large(usage - rss, usage, 4))
      warn("group_counts_more",
           "The control group has {} and this process {} of rss: the group counts page cache ({} to be had back), what "
           "the kernel keeps for it, and its other processes.",
           bytes(usage), bytes(rss), bytes(get(CounterId::kGroupReclaimable)));
  }

  void collector() {
    if (get(CounterId::kGCPercent) < 0 && get(CounterId::kMemoryLimit) == kNoLimit)
      warn("collector_is_off",
           "GOGC is off and there is no memory limit: nothing is collected, so heap_alloc ({}) says nothing of a leak.",
           bytes(get(CounterId::kHeapAlloc)));
    if (const std::int64_t cycle = get(CounterId::kLimiterCycle), count = get(CounterId::kNumGC);
        cycle > 0 && count - cycle < 10)
      warn("collector_is_held_back",
           "Collection {} of {} was held back, so that the program got half of the processors: the memory limit is too "
           "low for what lives ({}).",
           cycle, count, bytes(get(CounterId::kLive)));
  }

  const heap::CounterLook& look_;
  std::vector<CounterWarning> out_;
};

}  // namespace

std::vector<CounterWarning> counter_warnings(const heap::CounterLook& look) {
  return Warner(look).all();
}

}  // namespace holdfast::view
