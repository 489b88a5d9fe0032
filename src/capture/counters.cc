#include "capture/counters.h"

#include <algorithm>

#include "capture/account.h"
#include "go/in_flight.h"
#include "go/mem_stats.h"
#include "go/page_allocator.h"

namespace holdfast::capture {
namespace {

// Says what the threads were doing to the heap, on their own stacks and on those of the goroutines that they run.
std::vector<go::HeapWork> heap_works(const FrozenTarget& target, const go::Scheduler& scheduler) {
  const go::FunctionTables& functions = *target.identified->functions;
  const go::Unwinder unwinder(*target.identified->runtime, functions, scheduler, target.threads);
  std::vector<go::HeapWork> works;
  const auto add = [&](const go::Stack& stack) {
    if (const go::HeapWork work = heap_work(stack, functions); work != go::HeapWork{}) works.push_back(work);
  };
  for (const go::Machine& machine : scheduler.machines) add(unwinder.unwind_system_stack(machine));
  for (const go::Goroutine& goroutine : scheduler.goroutines)
    if (goroutine.status == go::GoroutineStatus::kRunning) add(unwinder.unwind(goroutine));
  return works;
}

// The sums of processor time are of the collection under way, if there is one.
void add_pace(const go::Runtime& runtime, std::uint32_t gc_phase, const heap::TargetInfo& target, heap::Pace& to) {
  constexpr std::uint64_t kRecent = 10'000'000'000;
  const auto pace = go::read_collector_pace(runtime);
  if (!pace) return;
  to.known = true;
  to.gc_percent = pace->gc_percent;
  to.memory_limit = pace->memory_limit;
  to.counted = pace->mapped_ready;
  to.marked = pace->marked;
  to.processors = pace->processors;
  to.share_since_start = pace->cpu_fraction;
  const auto& ends = pace->ends;
  if (ends.empty()) return;
  to.last_collection_at = ends.back();
  const bool live = target.kind == heap::TargetKind::kLive && target.captured_at_ns > 0;
  const std::uint64_t now =
      std::max(ends.back(), live ? static_cast<std::uint64_t>(target.captured_at_ns) : std::uint64_t{0});
  const auto first = std::ranges::find_if(ends, [&](std::uint64_t end) { return end <= now && now - end <= kRecent; });
  if (first != ends.end()) {
    to.recent_intervals = static_cast<std::uint64_t>(ends.end() - first) - 1;
    to.recent_ns = now - *first;
  }
  if (ends.size() < 2 || ends[ends.size() - 2] > ends.back()) return;
  to.last_cycle_ns = ends.back() - ends[ends.size() - 2];
  if (gc_phase == 0) to.last_work_ns = pace->mark_ns;
}

}  // namespace

heap::Counter compare(std::string name, std::uint64_t theirs, std::uint64_t ours, std::uint64_t in_flight) {
  const std::uint64_t difference = theirs > ours ? theirs - ours : ours - theirs;
  if (difference == 0 || difference > in_flight)
    return {std::move(name), theirs, ours, heap::CounterRule::kMustMatch, 0};
  return {std::move(name), theirs, ours, heap::CounterRule::kInFlight, in_flight};
}

void add_counters(const FrozenTarget& target, const go::HeapModel& heap, const go::Scheduler& scheduler,
                  const UncountedSlots& uncounted, heap::Snapshot& snapshot) {
  const go::Runtime& runtime = *target.identified->runtime;
  const go::MemStats stats = go::read_mem_stats(runtime);
  for (const auto& [name, value] : stats.fields) snapshot.mem_stats.emplace_back(name, value);
  std::uint64_t bytes = 0;
  std::uint64_t in_use = 0;
  for (const heap::Span& span : snapshot.spans) {
    bytes += span.objects * span.slot_size;
    in_use += span.bytes();
  }
  std::uint64_t manual = 0;
  for (const go::MSpan& span : heap.manual()) manual += span.bytes();
  const go::InFlight moving = go::in_flight(heap, go::read_span_caches(runtime), heap_works(target, scheduler));
  const auto add = [&](const char* name, std::optional<std::uint64_t> theirs, std::optional<std::uint64_t> ours,
                       std::uint64_t in_flight) {
    if (theirs && ours) snapshot.audit.counters.push_back(compare(name, *theirs, *ours, in_flight));
  };
  add("HeapObjects", stats.find("HeapObjects"), snapshot.objects, moving.objects + uncounted.slots);
  add("HeapAlloc", stats.find("HeapAlloc"), bytes, moving.object_bytes + uncounted.bytes);
  add("HeapInuse", stats.find("HeapInuse"), in_use, moving.span_bytes);
  add("HeapReleased", stats.find("HeapReleased"), go::count_released_bytes(runtime), moving.released_bytes);
  add("stacks and work buffers", stats.manual_bytes, manual, moving.manual_bytes);
  if (target.residency) {
    const AccountFacts facts = account_facts(runtime, heap, snapshot, target.program->writable(), target.threads);
    if (!target.residency->of_mappings) snapshot.absent = absent_of(*target.residency, snapshot.spans);
    Accounted accounted = account_of(*target.residency, facts, snapshot.strings);
    snapshot.account = accounted.account;
    snapshot.mappings = std::move(accounted.mappings);
    snapshot.c_heap = target.residency->c_heap.facts;
  }
  add_pace(runtime, heap.gc_phase(), snapshot.target, snapshot.pace);
  snapshot.account.next_gc = stats.find("NextGC").value_or(0);
  snapshot.account.heap_sys = stats.find("HeapSys").value_or(0);
  snapshot.audit.gc_cycles = stats.find("NumGC").value_or(0);
  snapshot.audit.sweep_generation = heap.sweep_gen();
  snapshot.audit.world_stopped = std::ranges::any_of(
      scheduler.processors, [](const go::Processor& p) { return p.status == go::Processor::kStopped; });
}

}  // namespace holdfast::capture
