#include "go/library_timers.h"

#include <optional>

#include "base/architecture.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kMostTimers = std::uint64_t{1} << 32;

struct TimerLayout {
  std::uint64_t list = 0;      // in runtime.p: a slice
  std::uint64_t stride = 0;    // of its elements, which begin with the address of a timer
  std::uint64_t in_value = 0;  // where that timer lies in what package time gave out
  std::uint64_t period = 0;    // in runtime.timer
  std::uint64_t function = 0;  // in runtime.timer: a function value
};

// None if the layouts lack something: then nothing of package time is linked.
std::optional<TimerLayout> timer_layout(const Runtime& runtime) {
  const LayoutSource& layouts = runtime.layouts;
  const auto period = layouts.find("runtime.timer", "period"), function = layouts.find("runtime.timer", "f");
  if (!period || !function) return std::nullopt;
  if (runtime.version.timers_are_embedded()) {
    const auto list = layouts.find("runtime.p", "timers");
    if (!list) return std::nullopt;
    constexpr std::uint64_t kBehindChannel = 8;  // time.Timer.r and time.Ticker.r
    return TimerLayout{list->offset, kWord, kBehindChannel, period->offset, function->offset};
  }
  const auto list = layouts.find("runtime.p", "timers.heap"), timer = layouts.find("runtime.timeTimer", "timer");
  const auto stride = layouts.size_of("runtime.timerWhen");
  if (!list || !timer || !stride) return std::nullopt;
  return TimerLayout{list->offset, *stride, timer->offset, period->offset, function->offset};
}

// Calls visit(timer) for each address in the list of a processor. Returns where the list is; null if not all of it
// could be read.
template <typename Visit>
Address for_each_timer(const MemorySource& memory, const TimerLayout& layout, const Processor& p, const Visit& visit) {
  const auto list = memory.try_pointer(p.p + layout.list);
  const auto count = memory.try_integer<std::uint64_t>(p.p + layout.list + kWord);
  if (!list || !count || *count > kMostTimers) return {};
  for (std::uint64_t i = 0; i < *count; ++i) {
    const auto timer = memory.try_pointer(*list + i * layout.stride);
    if (!timer) return {};
    visit(*timer);
  }
  return *list;
}

// Tells timers that were stopped and only wait to be taken off their list. One that changes at this moment was not, nor
// one whose state is not known.
class StoppedTimers {
 public:
  explicit StoppedTimers(const Runtime& runtime)
      : memory_(runtime.memory),
        is_old_(runtime.version.timers_are_embedded()),
        state_(runtime.layouts.find("runtime.timer", is_old_ ? "status" : "state")),
        zombie_(runtime.layouts.constant("runtime.timerZombie").value_or(0)),
        deleted_(runtime.layouts.constant("runtime.timerDeleted").value_or(-1)),
        removed_(runtime.layouts.constant("runtime.timerRemoved").value_or(-1)) {}

  bool has(Address timer) const {
    if (!state_) return false;
    if (is_old_) {
      const auto status = memory_.try_integer<std::uint32_t>(timer + state_->offset);
      return status && (*status == deleted_ || *status == removed_);
    }
    const auto bits = memory_.try_integer<std::uint8_t>(timer + state_->offset);
    return bits && (*bits & zombie_) != 0;
  }

 private:
  const MemorySource& memory_;
  bool is_old_;
  std::optional<FieldLayout> state_;
  std::int64_t zombie_, deleted_, removed_;
};

}  // namespace

std::vector<LibraryTimer> list_library_timers(const Runtime& runtime, std::span<const Processor> processors) {
  std::vector<LibraryTimer> out;
  const auto layout = timer_layout(runtime);
  if (!layout) return out;
  const MemorySource& memory = runtime.memory;
  for (const Processor& p : processors)
    for_each_timer(memory, *layout, p, [&](Address timer) {
      const auto closure = memory.try_pointer(timer + layout->function);
      const auto code = closure ? memory.try_pointer(*closure) : std::nullopt;
      const auto period = memory.try_integer<std::uint64_t>(timer + layout->period);
      if (code && period) out.push_back({Address(timer.value - layout->in_value), *code, *period != 0});
    });
  return out;
}

TimerUses list_timer_uses(const Runtime& runtime, std::span<const Processor> processors) {
  TimerUses out;
  const auto layout = timer_layout(runtime);
  const auto argument = runtime.layouts.find("runtime.timer", "arg");
  if (!layout || !argument) return out;
  const MemorySource& memory = runtime.memory;
  const StoppedTimers stopped(runtime);
  for (const Processor& p : processors) {
    const Address list = for_each_timer(memory, *layout, p, [&](Address timer) {
      if (stopped.has(timer)) return;
      out.pending.push_back(timer);
      for (const std::uint64_t at : {layout->function, argument->offset + kWord})
        if (const auto used = memory.try_pointer(timer + at)) out.pending.push_back(*used);
    });
    if (list) out.lists.push_back(list);
  }
  return out;
}

}  // namespace holdfast::go
