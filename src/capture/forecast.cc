#include "capture/forecast.h"

#include <algorithm>

#include "capture/frozen_memory.h"
#include "go/heap_model.h"

namespace holdfast::capture {
namespace {

// Edges as rows, and bits by object.
std::uint64_t graph_bytes(const GraphSize& graph) {
  constexpr std::uint64_t kRow = 4, kEdge = 5;
  return kRow * graph.pointerful + kEdge * graph.references + graph.objects / 2;
}

std::uint64_t type_bytes(const GraphSize& graph) {
  return 4 * graph.objects;
}

// At their peak: columns by object, and the edges that the search has to keep, which are those that do not lead to an
// object for the first time.
std::uint64_t dominator_bytes(const GraphSize& graph) {
  constexpr std::uint64_t kPointerful = 20, kLeaf = 4, kRepeated = 12;
  return kPointerful * graph.pointerful + kLeaf * (graph.objects - graph.pointerful) + kRepeated * graph.repeated;
}

// What the workers have in hand while they look for edges: each a part of the heap, but an object is not divided.
std::uint64_t scan_bytes(const Effort& effort) {
  constexpr std::uint64_t kPerWorker = 8 << 20, kEdge = 5;
  return std::max(std::min(effort.workers * kPerWorker, effort.all_bytes()), kEdge * effort.graph.longest_row);
}

// It takes 10 us per thread to stop and let go (docs/runtime-facts.md; bench/pause_bench). How fast this machine copies
// from this target, and how long its records take, is measured, not assumed. A second reader saves up to half of the
// time; where others want the processors it saves little, and no more is promised.
double pause_alone_ms(const Effort& effort) {
  constexpr std::uint64_t kBothRead = 4 << 20;
  const double gain = effort.readers > 1 && effort.all_bytes() > kBothRead ? 1.15 : 1.0;
  return 0.3 + 0.01 * effort.threads + effort.records_ms +
         static_cast<double>(effort.bytes) * effort.ms_per_byte / gain;
}

}  // namespace

// A thread that is to stop has to run for that, so it waits for its turn behind others; and a processor that others
// want as well copies more slowly. Both grow with how many wait for each processor. The figures are of looks at a
// machine with 2 processors and 7 to 24 threads that wanted them (tests/e2e/pauses.py).
PauseForecast foretell_pause(const Effort& effort) {
  constexpr double kMsPerTurn = 9, kSlowerPerTurn = 0.5;
  PauseForecast pause;
  pause.alone_ms = pause_alone_ms(effort);
  const double waiting = effort.load.waiting_per_processor();
  pause.least_ms = pause.alone_ms / 2;
  pause.most_ms = 2 + pause.alone_ms * (1.5 + kSlowerPerTurn * waiting) + kMsPerTurn * waiting;
  return pause;
}

// Adds up what is there at the same time in each phase, and takes the largest sum.
std::uint64_t foretold_memory(const Effort& effort) {
  constexpr std::uint64_t kPerModule = 6 << 20;  // the program or a plugin: more than opening took, without any heap
  constexpr std::uint64_t kPerDeepByte = 6;      // frames and their roots, where frames are small
  constexpr std::uint64_t kPerGoroutine = 512;
  constexpr std::uint64_t kPerSpan = 2 * sizeof(go::MSpan);  // lists grow to twice their size
  constexpr std::uint64_t kMargin = 20;                      // one in so many: the counts are estimates
  const std::uint64_t always = effort.opened_rss + kPerModule * effort.modules + effort.content_bytes +
                               kPerDeepByte * effort.deep_stack_bytes + kPerGoroutine * effort.goroutines +
                               kPerSpan * effort.spans;
  const std::uint64_t copy = effort.all_bytes();
  const std::uint64_t graph = graph_bytes(effort.graph);
  const std::uint64_t typed = graph + type_bytes(effort.graph);
  const std::uint64_t dominators = dominator_bytes(effort.graph);
  std::uint64_t most = copy + room_for_more(copy);  // while the target is held
  most = std::max(most, copy + graph + scan_bytes(effort));
  if (fit_side_by_side(copy, effort.graph))
    most = std::max(most, copy + typed + dominators);
  else
    most = std::max({most, copy + typed, typed + dominators});
  return always + most + most / kMargin;
}

bool fit_side_by_side(std::uint64_t copied_bytes, const GraphSize& graph) {
  constexpr std::uint64_t kPerObject = 32;
  return graph_bytes(graph) + type_bytes(graph) + dominator_bytes(graph) <=
         copied_bytes / 10 * 3 + kPerObject * graph.objects;
}

}  // namespace holdfast::capture
