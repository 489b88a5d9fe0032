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

}  // namespace

std::vector<LibraryTimer> list_library_timers(const Runtime& runtime, std::span<const Processor> processors) {
  std::vector<LibraryTimer> out;
  const auto layout = timer_layout(runtime);
  if (!layout) return out;
  const MemorySource& memory = runtime.memory;
  for (const Processor& p : processors) {
    const auto list = memory.try_pointer(p.p + layout->list);
    const auto count = memory.try_integer<std::uint64_t>(p.p + layout->list + kWord);
    if (!list || !count || *count > kMostTimers) continue;
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto timer = memory.try_pointer(*list + i * layout->stride);
      if (!timer) break;
      const auto closure = memory.try_pointer(*timer + layout->function);
      const auto code = closure ? memory.try_pointer(*closure) : std::nullopt;
      const auto period = memory.try_integer<std::uint64_t>(*timer + layout->period);
      if (code && period) out.push_back({Address(timer->value - layout->in_value), *code, *period != 0});
    }
  }
  return out;
}

}  // namespace holdfast::go
