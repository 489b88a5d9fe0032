#include "collector/mem_stats.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::collector {
namespace {

Series series_of(const std::string& text) {
  return read_series(std::as_bytes(std::span(text)), "text");
}

// A ring in which cycle n has a pause of n us and ended n seconds after 1970.
std::string ring(std::uint64_t cycles, std::uint64_t unit, std::string_view between) {
  std::vector<std::uint64_t> values(256);
  for (std::uint64_t n = cycles > 256 ? cycles - 255 : 1; n <= cycles; ++n) values[(n + 255) % 256] = n * unit;
  return fmt::format("[{}]", fmt::join(values, between));
}

std::string json(std::uint64_t cycles) {
  return fmt::format(
      R"({{"cmdline": ["a }} b"], "memstats": {{"NumGC": {}, "NumForcedGC": 1, "HeapAlloc": 4096, "NextGC": 8192,
"PauseNs": {}, "PauseEnd": {}, "BySize": [{{"Size": 8, "Mallocs": 1, "Frees": 0}}]}}}}
)",
      cycles, ring(cycles, 1000, ","), ring(cycles, 1'000'000'000, ","));
}

TEST(MemStats, HaveTheLastCycles) {
  const Series series = series_of(json(3) + json(5));
  ASSERT_EQ(series.moments.size(), 2U);
  EXPECT_EQ(series.moments[1].heap_alloc, 4096U);
  EXPECT_EQ(series.moments[1].goal, 8192U);
  ASSERT_EQ(series.cycles.size(), 5U);
  EXPECT_EQ(series.cycles[4].number, 5U);
  EXPECT_EQ(series.cycles[4].paused, 5000U);
  EXPECT_EQ(series.cycles[4].ended, 5'000'000'000U);
}

TEST(MemStats, KeepNoMoreCyclesThanTheRingHas) {
  const Series series = series_of(json(1000));
  ASSERT_EQ(series.cycles.size(), 256U);
  EXPECT_EQ(series.cycles.front().number, 745U);
  EXPECT_EQ(series.cycles.front().paused, 745'000U);
}

TEST(MemStats, StandBehindAHeapProfileInTextForm) {
  const Series series = series_of(
      "heap profile: 1: 2 [3: 4] @ heap/1048576\n\n# runtime.MemStats\n# Alloc = 7\n# HeapAlloc = "
      "4096\n# Stack = 1 / 2\n# NextGC = 8192\n# PauseNs = " +
      ring(2, 1000, " ") + "\n# PauseEnd = " + ring(2, 1'000'000'000, " ") +
      "\n# NumGC = 2\n# NumForcedGC = 0\n# GCCPUFraction = 0.25\n# DebugGC = false\n");
  ASSERT_EQ(series.moments.size(), 1U);
  EXPECT_EQ(series.moments[0].gc_share, 0.25);
  ASSERT_EQ(series.cycles.size(), 2U);
  EXPECT_EQ(series.cycles[1].ended, 2'000'000'000U);
}

TEST(MemStats, MayBeValuesOfRuntimeMetrics) {
  const Series series =
      series_of(R"({"/gc/heap/live:bytes": 100, "/gc/heap/goal:bytes": 200, "/gc/cycles/total:gc-cycles": 3}
{"/gc/heap/live:bytes": 150})");
  ASSERT_EQ(series.moments.size(), 2U);
  EXPECT_EQ(series.moments[0].cycles, 3U);
  EXPECT_EQ(series.moments[1].live, 150U);
}

TEST(MemStats, ThatEndOrGoWrongAreRefused) {
  EXPECT_THROW(series_of(json(3).substr(0, 100)), Error);
  EXPECT_THROW(series_of("{\"NumGC\": }"), Error);
  EXPECT_THROW(series_of("{\"other\": 1}"), Error);
  EXPECT_THROW(series_of("{\"NumGC\": -1}"), Error);
}

}  // namespace
}  // namespace holdfast::collector
