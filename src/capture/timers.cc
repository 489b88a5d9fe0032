#include "capture/timers.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "go/package_names.h"
#include "go/timers.h"

namespace holdfast::capture {
namespace {

class TimerPass {
 public:
  TimerPass(const FrozenTarget& target, const heap::ObjectIndex& index, heap::Snapshot& snapshot)
      : target_(target), index_(index), snapshot_(snapshot) {
    for (std::uint32_t g = 0; g < snapshot.goroutines.size(); ++g)
      goroutines_.emplace(snapshot.goroutines[g].g, GoroutineId(g));
  }

  heap::Timer row_of(const go::Timer& timer) {
    heap::Timer row{.object = index_.find_object(timer.record), .stopped = timer.stopped};
    if (!timer.function) return row;
    const std::string_view function = name_of(timer.function);
    row.kind = kind_of(function);
    row.function = go::add_name(snapshot_.strings, function);
    row.argument = index_.find_object(timer.argument);
    row.period_ns = timer.period;
    if (target_.monotonic_ns > 0 && !timer.stopped) {
      row.due_known = true;
      row.due_in_ns = timer.due - static_cast<std::int64_t>(target_.monotonic_ns);
    }
    if (row.kind == heap::TimerKind::kSleep) {
      const auto found = goroutines_.find(timer.argument);
      if (found != goroutines_.end()) row.goroutine = found->second;
    }
    if (row.kind == heap::TimerKind::kFunction)
      if (const auto code = target_.identified->runtime->memory.try_pointer(timer.argument))
        row.calls = go::add_name(snapshot_.strings, name_of(*code));
    return row;
  }

 private:
  std::string_view name_of(Address code) const {
    const auto found = target_.identified->functions->find(code);
    return found && found->function.entry == code ? found->function.name : std::string_view();
  }

  static heap::TimerKind kind_of(std::string_view function) {
    if (function == "time.sendTime") return heap::TimerKind::kChannel;
    if (function == "time.goFunc") return heap::TimerKind::kFunction;
    if (function == "runtime.goroutineReady") return heap::TimerKind::kSleep;
    return heap::TimerKind::kOther;
  }

  const FrozenTarget& target_;
  const heap::ObjectIndex& index_;
  heap::Snapshot& snapshot_;
  std::unordered_map<Address, GoroutineId> goroutines_;  // by runtime.g
};

}  // namespace

void add_timers(const FrozenTarget& target, const go::Scheduler& scheduler, const heap::ObjectIndex& index,
                heap::Snapshot& snapshot) {
  TimerPass pass(target, index, snapshot);
  for (const go::Timer& timer : go::read_timers(*target.identified->runtime, scheduler.processors).all)
    snapshot.timers.push_back(pass.row_of(timer));
  std::ranges::sort(snapshot.timers);
}

}  // namespace holdfast::capture
