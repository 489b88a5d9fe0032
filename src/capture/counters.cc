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
    snapshot.absent = absent_of(*target.residency, snapshot.spans);
    snapshot.account = account_of(*target.residency,
                                  account_facts(runtime, heap, snapshot, target.program->writable(), target.threads));
  }
  snapshot.account.next_gc = stats.find("NextGC").value_or(0);
  snapshot.account.heap_sys = stats.find("HeapSys").value_or(0);
  snapshot.audit.gc_cycles = stats.find("NumGC").value_or(0);
  snapshot.audit.sweep_generation = heap.sweep_gen();
  snapshot.audit.world_stopped = std::ranges::any_of(
      scheduler.processors, [](const go::Processor& p) { return p.status == go::Processor::kStopped; });
}

}  // namespace holdfast::capture
