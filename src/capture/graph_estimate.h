// Says how large the graph of a running process is, before anything of it is copied. The process runs on meanwhile, so
// this is about right and never exact.
#pragma once

#include <vector>

#include "base/address.h"
#include "capture/forecast.h"
#include "go/heap_model.h"

namespace holdfast::capture {

// Counts objects by the allocation counts of spans, and references on evenly spaced pages that it reads from
// `runtime.memory`: words that lead into the heap. Words of free slots count, too. What of a span lies in `empty`
// (sorted, apart) holds nothing. Takes some milliseconds at any size. One thread.
GraphSize estimate_graph(const go::Runtime& runtime, const go::HeapModel& heap, const std::vector<AddressRange>& empty);

}  // namespace holdfast::capture
