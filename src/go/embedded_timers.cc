#include "go/embedded_timers.h"

#include "base/architecture.h"

namespace holdfast::go {
namespace {

constexpr std::uint64_t kMostTimers = std::uint64_t{1} << 32;
constexpr std::uint64_t kTimerAt = 8;  // in time.Timer and time.Ticker, behind the channel (Go 1.19-1.22)

}  // namespace

std::vector<EmbeddedTimer> list_embedded_timers(const Runtime& runtime, std::span<const Processor> processors) {
  std::vector<EmbeddedTimer> out;
  if (!runtime.version.timers_are_embedded()) return out;
  const MemorySource& memory = runtime.memory;
  const std::uint32_t timers = runtime.layouts.offset("runtime.p", "timers");
  const std::uint32_t period = runtime.layouts.offset("runtime.timer", "period");
  const std::uint32_t function = runtime.layouts.offset("runtime.timer", "f");
  for (const Processor& p : processors) {
    const auto list = memory.try_pointer(p.p + timers);
    const auto count = memory.try_integer<std::uint64_t>(p.p + timers + kWord);
    if (!list || !count || *count > kMostTimers) continue;
    for (std::uint64_t i = 0; i < *count; ++i) {
      const auto timer = memory.try_pointer(*list + i * kWord);
      if (!timer) break;
      const auto closure = memory.try_pointer(*timer + function);
      const auto code = closure ? memory.try_pointer(*closure) : std::nullopt;
      const auto every = memory.try_integer<std::uint64_t>(*timer + period);
      if (code && every) out.push_back({Address(timer->value - kTimerAt), *code, *every != 0});
    }
  }
  return out;
}

}  // namespace holdfast::go
