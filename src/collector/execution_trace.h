// What an execution trace (runtime/trace) has of the collector: when each cycle began and ended, the stops in it, the
// heap and its goal. Both formats: since Go 1.22 batches of generations (go-formats 3.5), before one stream of records.
// What is of goroutines and processors is passed over; numbers of cycles are counted from the beginning of the trace.
#pragma once

#include <span>
#include <string>

#include "collector/series.h"

namespace holdfast::collector {

bool is_execution_trace(std::span<const std::byte> bytes);

// Adds the cycles that both began and ended in the trace; one whose end was cut off is left out. Fails with
// kUnsupported if the format is a later one, with kDamaged, naming the byte, if it contradicts itself.
void read_execution_trace(std::span<const std::byte> bytes, const std::string& name, Series& series);

}  // namespace holdfast::collector
