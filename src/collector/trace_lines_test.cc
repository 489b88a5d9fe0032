#include "collector/trace_lines.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace holdfast::collector {
namespace {

constexpr std::string_view kLine =
    "gc 4 @0.019s 7%: 0.053+2.2+0.006 ms clock, 0.10+0/0.33/4.1+0.012 ms cpu, 7->7->6 MB, 14 MB goal, 0 MB stacks, 1 "
    "MB "
    "globals, 2 P (forced)";

Series series_in_lines(std::string_view text) {
  return read_series(std::as_bytes(std::span(text)), "text");
}

TEST(TraceLines, SayWhatACycleTook) {
  const std::optional<Cycle> cycle = read_gc_line(kLine);
  ASSERT_TRUE(cycle);
  EXPECT_EQ(cycle->number, 4U);
  EXPECT_EQ(cycle->since_start, 19'000'000U);
  EXPECT_EQ(cycle->share_percent, 7U);
  EXPECT_EQ(cycle->sweep_stop, 53'000U);
  EXPECT_EQ(cycle->mark, 2'200'000U);
  EXPECT_EQ(cycle->mark_stop, 6'000U);
  EXPECT_EQ(cycle->cpu->background, 330'000U);
  EXPECT_EQ(cycle->cpu->idle, 4'100'000U);
  EXPECT_EQ(cycle->live, 6U << 20);
  EXPECT_EQ(cycle->goal, 14U << 20);
  EXPECT_EQ(cycle->globals, 1U << 20);
  EXPECT_EQ(cycle->processors, 2U);
  EXPECT_EQ(cycle->forced, true);
  EXPECT_FALSE(cycle->leak_search);
}

TEST(TraceLines, KnowTheSearchForLeaksAndThatThereIsNoGoal) {
  const std::optional<Cycle> leaks = read_gc_line(
      "gc 1 @0.012s 13% (checking for goroutine leaks): 3.8+0.26+0.039 ms clock, 7.7+0/0.37/0+0.079 ms cpu, 0->0->0 "
      "MB, 4 "
      "MB goal, 0 MB stacks, 0 MB globals, 2 P (forced)");
  ASSERT_TRUE(leaks);
  EXPECT_TRUE(leaks->leak_search);
  const std::optional<Cycle> off = read_gc_line(
      "gc 2 @0.005s 1%: 0.033+2.9+0.004 ms clock, 0.066+0/0.025/0.43+0.009 ms cpu, 3->3->3 MB, 8532210231537 MB goal, "
      "0 MB "
      "stacks, 0 MB globals, 2 P");
  ASSERT_TRUE(off);
  EXPECT_FALSE(off->goal);
  EXPECT_EQ(off->forced, false);
}

TEST(TraceLines, AreFoundBehindWhatLogsPutInFrontAndCountedWhenBroken) {
  const std::string text =
      "web-1 | listening\r\nNov 30 21:00:01 host web[4711]: " + std::string(kLine) + "\r\n" +
      std::string(kLine.substr(0, 40)) + "request 7 done\n" +
      "scav 128 KiB work (bg), 2400 KiB work (eager), 14224 KiB now, 99% util\n"
      "scav 0 KiB work, 3168 KiB total, 65% util\n"
      "SCHED 305ms: gomaxprocs=2 idleprocs=0 threads=4 spinningthreads=0 needspinning=1 idlethreads=0 "
      "runqueue=3 [ 0 0 ] schedticks=[ 19608 101972 ]\n"
      "init math @3.4 ms, 0.005 ms clock, 16 bytes, 2 allocs\n"
      "pacer: assist ratio=+5.1e+005 (scan 0 MB in 30->30 MB) workers=0++2.5e-001\n"
      "scan: total 1+2=3 objs\n";
  const Series series = series_in_lines(text);
  ASSERT_EQ(series.cycles.size(), 1U);
  EXPECT_EQ(series.cycles[0].line, 2U);
  EXPECT_EQ(series.broken_lines, 1U);
  EXPECT_EQ(series.first_broken[0].number, 3U);
  EXPECT_EQ(series.other_lines, 1U);
  ASSERT_EQ(series.scavenged.size(), 2U);
  EXPECT_EQ(series.scavenged[0].returned, 2528U << 10);
  EXPECT_EQ(series.scavenged[1].returned_now, 3168U << 10);
  ASSERT_EQ(series.scheduled.size(), 1U);
  EXPECT_EQ(series.scheduled[0].runnable, 3U);
  ASSERT_EQ(series.initialised.size(), 1U);
  EXPECT_EQ(series.initialised[0].package, "math");
  EXPECT_EQ(series.pacer_lines, 1U);
  EXPECT_EQ(series.scan_lines, 1U);
}

// As Go 1.21 and Go 1.27 print them, but for `sweep`, which older releases print as well.
TEST(TraceLines, OfThePacerBelongToTheCycleBehindThem) {
  const std::string text =
      "pacer: assist ratio=+1.048786e+000 (scan 0 MB in 3->4 MB) workers=0++2.500000e-001\n"
      "pacer: 26% CPU (25 exp.) for 48280+1592+146858 B work (196730 B exp.) in 4014080 B -> 5824512 B (∆goal -614970, "
      "cons/mark 3.2)\n" +
      std::string(kLine) +
      "\nscan: total 16+3+13=32 objs, 1+1=2 spans\nscan: class 8B 4+0+0=4 objs, 0+0=0 spans\n"
      "pacer: sweep done at heap size 2MB; allocated 0MB during sweep; swept 711 pages at 0.001 pages/byte\n"
      "pacer: assist ratio=0.25 (scan 0 MB in 3->4 MB) workers=0+0.25\n" +
      std::string(kLine) + "\n" + std::string(kLine) + "\n";
  const Series series = series_in_lines(text);
  ASSERT_EQ(series.cycles.size(), 3U);
  const Cycle &first = series.cycles[0], &second = series.cycles[1];
  ASSERT_TRUE(first.pacing && second.pacing);
  EXPECT_DOUBLE_EQ(*first.pacing->assist_ratio, 1.048786);
  EXPECT_EQ(first.pacing->used_percent, 26U);
  EXPECT_EQ(first.pacing->wanted_percent, 25U);
  EXPECT_EQ(first.pacing->scanned, 48280U + 1592 + 146858);
  EXPECT_EQ(first.pacing->expected, 196730U);
  EXPECT_EQ(first.pacing->off_goal, -614970);
  EXPECT_EQ(first.scanned_objects, 32U);
  EXPECT_EQ(first.scanned_spans, 2U);
  EXPECT_DOUBLE_EQ(*second.pacing->assist_ratio, 0.25);
  EXPECT_FALSE(second.pacing->scanned);
  EXPECT_FALSE(second.scanned_objects);
  EXPECT_FALSE(series.cycles[2].pacing);
  EXPECT_EQ(series.pacer_lines, 4U);
}

TEST(TraceLines, OfSeveralProcessesBeginAnew) {
  EXPECT_EQ(series_in_lines(std::string(kLine) + "\n" + std::string(kLine) + "\n").restarts, 1U);
}

TEST(TraceLines, OfOtherTextsAreRefused) {
  for (const char* text : {"", "gc\n", "gc 4 @\n", "<html>404</html>", "gc 4 @1e400s 7%: "})
    EXPECT_THROW(series_in_lines(text), Error) << text;
}

}  // namespace
}  // namespace holdfast::collector
