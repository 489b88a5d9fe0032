#include "capture/forecast.h"

namespace holdfast::capture {

// It takes 10 us per thread to stop and let go (docs/runtime-facts.md; bench/pause_bench). How fast this machine copies
// from this target, and how long its records take, is measured, not assumed. A second reader saves up to half of the
// time; where others want the processors it saves little, and no more is promised.
double foretold_pause_ms(const Effort& effort) {
  constexpr std::uint64_t kBothRead = 4 << 20;
  const double gain = effort.readers > 1 && effort.all_bytes() > kBothRead ? 1.15 : 1.0;
  return 0.3 + 0.01 * effort.threads + effort.records_ms +
         static_cast<double>(effort.bytes) * effort.ms_per_byte / gain;
}

// Adds up what opening took (files, debug information), the copy, and the columns, with some room.
std::uint64_t foretold_memory(const Effort& effort) {
  constexpr std::uint64_t kPerModule = 6 << 20;  // the program or a plugin: more than opening took, without any heap
  constexpr std::uint64_t kPerDeepByte = 6;      // frames and their roots, where frames are small
  constexpr std::uint64_t kPerGoroutine = 512;
  constexpr std::uint64_t kPerObject = 12;
  constexpr std::uint64_t kPerPointerfulObject = 14;  // more
  constexpr std::uint64_t kPerReference = 14;
  return effort.opened_rss + kPerModule * effort.modules + effort.all_bytes() + effort.content_bytes +
         kPerDeepByte * effort.deep_stack_bytes + kPerGoroutine * effort.goroutines + kPerObject * effort.objects +
         kPerPointerfulObject * effort.pointerful + kPerReference * effort.references;
}

}  // namespace holdfast::capture
