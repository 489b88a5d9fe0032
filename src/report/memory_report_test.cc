#include "report/memory_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "base/terminal_text.h"

namespace holdfast::report {
namespace {

using heap::MappingUse;
using ::testing::HasSubstr;
using ::testing::Not;
using view::MappingGroup;
using view::Report;

Report some_report() {
  Report report;
  heap::Account& a = report.account;
  a.known = true;
  a.rss = 100 << 20;
  a.live = 10 << 20;
  a.free = 30 << 20;
  a.free_pages = 25 << 20;
  a.released_resident = 20 << 20;
  a.c_heap = 40 << 20;
  a.mappings = 20 << 20;
  a.huge = 22 << 20;
  report.memory.account = a;
  heap::CHeap& c = report.memory.c_heap;
  c.recognised = true;
  c.used_blocks = 1234567;
  c.used_bytes = 36 << 20;
  c.free_bytes = 4 << 20;
  c.arenas = 3;
  MappingGroup group;
  group.name = "/data/pages.db";
  group.resident = 20 << 20;
  group.pointing = {{Address(4096), Address(8192), "", "main.page"},
                    {Address(4096), Address(8192), "main.caches[…]", "main.cache"}};
  group.pointers = 2;
  report.memory.mappings = {group};
  return report;
}

TEST(MemoryReport, NotesSayWhatALineIsMadeOf) {
  const Report report = some_report();
  EXPECT_EQ(free_note(report.memory),
            "5.0 MiB in spans in use, 5.0 MiB in pages, 20.0 MiB given back, yet resident in huge pages");
  EXPECT_EQ(c_heap_note(report.memory), "resident or not: 36.0 MiB in 1,234,567 blocks, 4.0 MiB free");
  EXPECT_EQ(mapping_note(report.memory, MappingUse::kOther),
            "20.0 MiB /data/pages.db; main.caches[…] (main.cache) points to it");
  EXPECT_EQ(mapping_note(report.memory, MappingUse::kFile), "");
}

TEST(MemoryReport, OfAnAllocatorThatIsNotKnownOnlyTheSizeIsSaid) {
  Report report = some_report();
  report.memory.c_heap = {};
  EXPECT_THAT(c_heap_note(report.memory), HasSubstr("only its size is known"));
  EXPECT_THAT(memory_text(report, {}), Not(HasSubstr("blocks")));
  EXPECT_EQ(memory_json(report)["c_heap"].size(), 1U);
}

TEST(MemoryReport, SaysTheLimitsAndThePace) {
  Report report = some_report();
  EXPECT_EQ(pace_text(report), "");
  heap::Pace& pace = report.memory.pace;
  pace.known = true;
  pace.gc_percent = 100;
  pace.memory_limit = 80 << 20;
  pace.counted = 79 << 20;
  pace.processors = 2;
  pace.share_since_start = 0.31;
  pace.last_collection_at = 1'000'000'000;
  pace.recent_intervals = 120;
  pace.recent_ns = 10'000'000'000;
  pace.last_cycle_ns = 80'000'000;
  pace.last_work_ns = 72'000'000;
  report.target.captured_at_ns = 1'500'000'000;
  report.target.memory_limit = 128 << 20;
  report.account.next_gc = 62 << 20;
  EXPECT_EQ(
      pace_text(report),
      "GOGC=100, GOMEMLIMIT 80.0 MiB, 79.0 MiB count for it, control group 128.0 MiB; next collection at 62.0 MiB, "
      "none for 500 ms, 12.0 collections a second before that, the collector took 31 % of the processors up to "
      "its last cycle, and 45 % in that");
  report.target.captured_at_ns = 1'200'000'000;
  EXPECT_THAT(pace_text(report), HasSubstr("12.0 collections a second, the last 200 ms before, "));
  pace.memory_limit = heap::Pace::kNoLimit;
  pace.gc_percent = -1;
  pace.recent_ns = pace.recent_intervals = 0;
  pace.last_work_ns.reset();
  EXPECT_THAT(pace_text(report), HasSubstr("GOGC=off, no GOMEMLIMIT"));
  EXPECT_THAT(pace_text(report), Not(HasSubstr("a second")));
  EXPECT_TRUE(memory_json(report)["pace"]["memory_limit"].is_null());
  EXPECT_TRUE(memory_json(report)["pace"]["last_share"].is_null());
}

TEST(MemoryReport, ListsAreCutAndSayWhatIsLeftOut) {
  Report report = some_report();
  for (std::uint64_t i = 0; i < 14; ++i) {
    MappingGroup group;
    group.first = Address(0x10000 * (i + 1));
    group.resident = 1 << 20;
    report.memory.mappings.push_back(group);
  }
  EXPECT_THAT(memory_text(report, {}), HasSubstr("and 5 more, 5.0 MiB; `--top 0` shows all"));
  EXPECT_THAT(memory_text(report, {}, 0), Not(HasSubstr("more, ")));
  EXPECT_THAT(memory_text(report, {}), HasSubstr("plain memory at 0x10000"));
}

// The first column is empty: the gap behind it counts nevertheless.
TEST(MemoryReport, NoLineIsWiderThanTheTerminal) {
  Report report = some_report();
  report.memory.mappings[0].name = "/data/" + std::string(300, 'x');
  view::GoroutineRow row;
  row.count = 12345;
  row.stack_bytes = row.stack_used = 123 << 20;
  row.depth = 12345;
  row.largest_frame_bytes = 4096;
  row.largest_frame.function = row.top.function = "main.(*" + std::string(200, 'T') + ").serve";
  report.goroutines = {row};
  view::SlotClass slots;
  slots.slot_size = 4096;
  slots.spans = 1234;
  slots.free_bytes = slots.span_bytes = 1 << 30;
  report.memory.free.classes = {slots};
  for (std::size_t width = 60; width <= 250; ++width) {
    std::istringstream lines(memory_text(report, {.width = width}));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), width) << line;
  }
}

TEST(MemoryReport, NamesOfTheTargetAreMadeHarmless) {
  Report report = some_report();
  report.memory.mappings[0].name = "/data/\x1b[2Jevil";
  EXPECT_THAT(memory_text(report, {}), Not(HasSubstr("\x1b[2J")));
  EXPECT_THAT(mapping_note(report.memory, MappingUse::kOther), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace holdfast::report
