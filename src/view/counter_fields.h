// The counters of a process (heap/counter_look.h) as people and programs read them: what each is called, in what unit
// it is, what Go and Prometheus call it, and what it means. Text, JSON, CSV, the exposition for Prometheus and the help
// come from this one list. Any thread may call; nothing throws.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "heap/counter_look.h"

namespace holdfast::view {

enum class CounterUnit : std::uint8_t { kCount, kBytes, kNanoseconds, kMoment, kShare, kPercent, kFlag };

struct CounterField {
  heap::CounterId id;
  std::string_view name;  // "heap_alloc": in text, JSON, CSV
  CounterUnit unit;
  bool only_grows;           // a counter for Prometheus; the others are gauges
  std::string_view metric;   // for Prometheus: what its Go client calls it, where that has it
  std::string_view go;       // "HeapAlloc", "/gc/heap/live:bytes"; of the process what the system calls it
  std::string_view meaning;  // a sentence or two, without a full stop at the end
};

// In the order of heap::CounterId.
std::span<const CounterField> counter_fields();
const CounterField& counter_field(heap::CounterId id);
// Returns null if there is none of that name.
const CounterField* counter_named(std::string_view name);

// "17.0 MiB", "2026-11-28 17:20:03 UTC", "0.4 %", "none" of a limit that is none, "off" of GOGC; "-" if not known.
std::string counter_text(const CounterField& field, std::optional<std::int64_t> value);

}  // namespace holdfast::view
