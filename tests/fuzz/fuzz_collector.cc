// Reads any bytes as what a program tells of its collector, and looks where that leads to.
#include "base/error.h"
#include "collector/trend.h"

// NOLINTNEXTLINE(readability-identifier-naming): the name is libFuzzer's
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::collector;
  try {
    const Series series = read_series(std::as_bytes(std::span(data, size)), "input");
    const Trend trend = trend_of(series);
    HOLDFAST_CHECK(trend.cycles == series.cycles.size() && trend.forced <= trend.cycles);
    HOLDFAST_CHECK(!trend.busy || (*trend.busy >= 0 && *trend.busy <= 1));
  } catch (const Error&) {
    return 0;
  }
  return 0;
}
