#include "collector/series.h"

#include <algorithm>

#include "base/error.h"
#include "base/units.h"
#include "collector/execution_trace.h"
#include "collector/mem_stats.h"
#include "collector/trace_lines.h"

namespace holdfast::collector {
namespace {

bool is_empty(const Series& series) {
  return series.cycles.empty() && series.moments.empty() && series.scavenged.empty() && series.scheduled.empty() &&
         series.initialised.empty() && series.pacer_lines == 0;
}

}  // namespace

Series read_series(std::span<const std::byte> bytes, const std::string& name) {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  Series series;
  if (is_execution_trace(bytes)) {
    read_execution_trace(bytes, name, series);
    series.counts_from_trace = true;
    if (series.cycles.empty())
      fail(ErrorCode::kUnsupported, "{} is an execution trace in which no collection both began and ended", name);
    return series;
  }
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first != std::string_view::npos && text[first] == '{') {
    read_json(text, name, series);
  } else if (text.find("# runtime.MemStats") != std::string_view::npos) {
    read_trailers(text, series);
  } else {
    read_trace_lines(text, series);
  }
  if (is_empty(series))
    fail(ErrorCode::kUnsupported,
         "{} has nothing of a collector in its {}: no line of GODEBUG=gctrace=1, no MemStats as /debug/vars or "
         "heap?debug=1 have it, no value of runtime/metrics",
         name, format_bytes(bytes.size()));
  return series;
}

}  // namespace holdfast::collector
