#include "view/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/terminal_text.h"
#include "base/units.h"
#include "heap/hold_sections.h"
#include "report/audit_report.h"
#include "report/report_for_tests.h"
#include "report/report_json.h"
#include "report/report_text.h"
#include "view/names.h"

namespace holdfast::report {
namespace {

using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using view::ChainStep;
using view::Names;
using view::Report;
using view::short_type;
using view::StepKind;

TEST(Names, ShortenTypesAndLongLines) {
  EXPECT_EQ(short_type("example.com/app/cart.Item"), "cart.Item");
  EXPECT_EQ(short_type("map[string]*example.com/a/b.T[example.com/c.X,int]"), "map[string]*b.T[c.X,int]");
  EXPECT_EQ(short_type("func(*net/http.Request)"), "func(*http.Request)");
  EXPECT_EQ(fit("abcdefghij", 10), "abcdefghij");
  EXPECT_EQ(fit("abcdefghijk", 10), "abcde…hijk");
  EXPECT_EQ(fit("ääääääääääää", 5), "ää…ää");
}

TEST(Report, HasTheFirstScreenAsText) {
  Report report = report_of(shop());
  report.took_ms = {{"read", 900}, {"graph", 3000}};
  TextOptions options;
  options.target = "4711";
  expect_golden("report.txt", report_text(report, options));
}

TEST(Report, SaysWhichOfSeveralRuntimesItIsOf) {
  heap::Snapshot snapshot = shop();
  TextOptions options;
  options.style.width = 200;
  snapshot.target.runtimes = {{"/lib/a.so", "go1.26.8", 12 << 20, true}};
  std::string text = report_text(report_of(snapshot), options);
  EXPECT_EQ(text.find("runtimes in this process"), std::string::npos);
  EXPECT_EQ(text.find("the other Go heaps"), std::string::npos);
  snapshot.target.runtimes.push_back({"/lib/b.so", "go1.26.8", 120 << 10, false});
  text = report_text(report_of(snapshot), options);
  EXPECT_THAT(
      text, HasSubstr("\n2 Go runtimes in this process: a.so 12.0 MiB, b.so 120.0 KiB; this is of a.so; `--image b.so` "
                      "for the other\n"));
  EXPECT_THAT(text, HasSubstr("  mappings             64.0 KiB   1 %  with the other Go heaps"));
}

// Each part of a .hold file that may be missing, and what of the report goes with it.
TEST(Report, TellsWhatIsLeftWithoutAPartOfACapture) {
  for (const heap::HoldPartRule& rule : heap::hold_part_rules()) {
    const heap::HoldPart part = rule.part;
    if (rule.absence == heap::PartAbsence::kRefused) continue;
    heap::Snapshot snapshot = shop();
    rule.forget(snapshot);
    const Report report = report_of(snapshot);
    const std::string text = report_text(report, {});
    EXPECT_EQ(report.heap.reachable_objects, 910U);
    EXPECT_EQ(report.account.known, part != heap::HoldPart::kAccount);
    EXPECT_EQ(report.heap.typed_bytes > 0, part != heap::HoldPart::kTypes);
    EXPECT_EQ(report.losses.empty(), part == heap::HoldPart::kLosses);
    EXPECT_EQ(text.find("main.Session") == std::string::npos, part == heap::HoldPart::kTypes) << text;
    EXPECT_THAT(text, HasSubstr("910 live objects: there are no marks of a completed collection"));
    EXPECT_THAT(text, HasSubstr("100 × chan send at main.work"));
  }
}

TEST(Report, HasTheSameAsJson) {
  expect_golden("report.json", report_json(report_of(shop())).dump(2) + "\n");
}

// Names come from the target, which can write anything.
TEST(Report, HidesNothingFromATerminalAndObeysNothing) {
  const std::string evil = "\x1b[2J\x1b]0;owned\x07\r\xff";
  HeapBuilder heap;
  const TypeId type = heap.structure("main." + evil, 1 << 16, {{evil, {}, 0}});
  const auto top = heap.object(1 << 16, type);
  heap.edge(top, 0, heap.leaf(1 << 20));
  heap.refer(heap.root(RootKind::kGlobal, evil), top);
  heap.sample(top, {evil});
  const RootId goroutine = heap.root(RootKind::kGoroutine, "");
  heap.refer(goroutine, heap.leaf(1 << 18));
  heap.goroutine(7, heap::GoroutineState::kWaiting, WaitReason::kSelect, goroutine, {evil});
  heap::Snapshot& snapshot = heap.snapshot();
  snapshot.target.name = evil;
  snapshot.target.go_version = evil;
  snapshot.target.goarch = evil;
  snapshot.losses.push_back({evil, 1, {}, evil});
  snapshot.audit.counters.push_back({evil, 1, 2, heap::CounterRule::kMustMatch, 0});
  const heap::Snapshot built = heap.build();
  TextOptions options;
  options.target = evil;
  const auto reached = graph::reach(built);
  for (const std::string& text :
       {report_text(report_of(built), options), audit_text(built, graph::audit(built, reached), {}, {})}) {
    EXPECT_THAT(text, HasSubstr("?[2J"));
    for (const char c : text) EXPECT_TRUE(c == '\n' || (c != 0x7f && static_cast<unsigned char>(c) >= 0x20)) << text;
  }
}

// Two pages of a buffer were written to, and none of some garbage.
TEST(Report, CountsInTheAccountWhatIsInMemory) {
  HeapBuilder heap;
  const auto buffer = heap.leaf(1 << 20);
  const auto garbage = heap.leaf(256 << 10);
  const auto small = heap.object(4096);
  heap.refer(heap.root(RootKind::kGlobal, "main.buffer"), buffer);
  heap.refer(heap.root(RootKind::kGlobal, "main.small"), small);
  heap::Snapshot snapshot = heap.build();
  const heap::ObjectIndex index(snapshot);
  const Address at = index.address_of(heap.id(buffer));
  snapshot.absent = {{at, at + (1 << 20) - 8192}};
  const Address dropped = index.address_of(heap.id(garbage));
  snapshot.absent.push_back({dropped, dropped + (256 << 10)});
  std::sort(snapshot.absent.begin(), snapshot.absent.end(), [](auto& a, auto& b) { return a.begin < b.begin; });
  snapshot.account.known = true;
  snapshot.account.rss = snapshot.account.live = 8192 + 4096;
  snapshot.account.swapped = 3 << 20;
  const Report report = report_of(snapshot);
  EXPECT_EQ(report.account.live, 8192U + 4096);
  EXPECT_EQ(report.account.garbage, 0U);
  const std::string text = report_text(report, {});
  EXPECT_THAT(text, HasSubstr("12.0 KiB resident, 3.0 MiB swapped out"));
  EXPECT_THAT(text, HasSubstr("2 objects; 1016.0 KiB more not in memory"));
  EXPECT_THAT(text,
              HasSubstr("WHAT HOLDS IT  of 12.0 KiB resident and 1016.0 KiB not in memory\n  1     1.0 MiB (100 %)  "));
  EXPECT_THAT(text, HasSubstr("     the rest, 4.0 KiB"))
      << "too little of the whole, though a third of what is resident";
}

// Most of a process may be outside of the Go heap.
TEST(Report, ListsWhatIsOutsideOfTheHeapAmongTheHolders) {
  HeapBuilder heap;
  for (const char* name : {"main.a", "main.b"}) heap.refer(heap.root(RootKind::kGlobal, name), heap.leaf(1 << 20));
  heap.refer(heap.root(RootKind::kGlobal, "main.small"), heap.leaf(1 << 16));
  heap.leaf(1 << 16);  // garbage
  heap::Snapshot snapshot = heap.build();
  heap::Account& account = snapshot.account;
  account.live = (2 << 20) + (2 << 16);  // of all objects
  account.c_heap = 96 << 20;
  account.known = true;
  account.rss = account.live + account.c_heap;
  const Report report = report_of(snapshot);
  const std::string text = report_text(report, {});
  const auto after = [&](std::string_view part, std::size_t from) { return text.find(part, from); };
  const std::size_t c_heap = after("  1    96.0 MiB (98 %)  the C heap", 0);
  ASSERT_NE(c_heap, std::string::npos) << text;
  ASSERT_NE(after("  2     1.0 MiB (1 %)  one object of 1.0 MiB in main.", c_heap), std::string::npos) << text;
  EXPECT_THAT(text, HasSubstr("     the rest, 128.0 KiB")) << "the small variable and the garbage";
  EXPECT_THAT(text, Not(HasSubstr("main.small")));
  TextOptions options;
  options.holders = TextOptions::kAll;
  EXPECT_THAT(report_text(report, options), HasSubstr("garbage, which the next collection frees"));
  options.holders = 2;
  EXPECT_THAT(report_text(report, options), HasSubstr("     and 1 more, 1.0 MiB; `holdfast report --top 0`"));
}

TEST(Report, FoldsTheRuntimesOwnGoroutines) {
  HeapBuilder heap;
  add_goroutines(heap, 3, 2048);
  for (const WaitReason reason : {WaitReason::kGcWorkerIdle, WaitReason::kForceGcIdle, WaitReason::kFinalizerWait}) {
    const RootId goroutine = heap.root(RootKind::kGoroutine, "", heap.group(reason, "runtime.gopark"));
    heap.goroutine(2, heap::GoroutineState::kWaiting, reason, goroutine, {"runtime.gopark"});
    heap.snapshot().goroutines.back().system = true;
    heap.snapshot().goroutines.back().stack = {Address(0x10000), Address(0x10800)};
  }
  const Report report = report_of(heap.build());
  EXPECT_EQ(report.system_goroutines.count, 3U);
  const std::string text = report_text(report, {});
  EXPECT_THAT(text, HasSubstr("GOROUTINES  6, in 4 places"));
  EXPECT_THAT(text, HasSubstr("3 × chan send at main.work pool.go:17"));
  EXPECT_THAT(text, HasSubstr("3 goroutines of the runtime itself: 6.0 KiB: 0 B of the heap, 6.0 KiB of stacks"));
  EXPECT_THAT(text, testing::Not(HasSubstr("GC worker")));
  EXPECT_THAT(report_json(report).dump(), HasSubstr("GC worker (idle)"));
}

// Those of the runtime have the larger stacks here and come first.
TEST(Report, TheRuntimesOwnGoroutinesTakeNoRoomInAShortList) {
  HeapBuilder heap;
  add_goroutines(heap, 1, 2048);
  const RootId goroutine = heap.root(RootKind::kGoroutine, "", heap.group(WaitReason::kGcWorkerIdle, "runtime.gopark"));
  heap.goroutine(2, heap::GoroutineState::kWaiting, WaitReason::kGcWorkerIdle, goroutine, {"runtime.gopark"});
  heap.snapshot().goroutines.back().system = true;
  heap.snapshot().goroutines.back().stack = {Address(0x10000), Address(0x90000)};
  Report report = report_of(heap.build());
  ASSERT_TRUE(report.goroutines.front().system);
  view::shorten(report, {.goroutines = 1});
  EXPECT_THAT(report.goroutines, SizeIs(2));
  TextOptions options;
  options.goroutines = 1;
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr("1 × chan send at main.work pool.go:17"));
  EXPECT_THAT(text, Not(HasSubstr("more place")));
}

TEST(Report, LeavesLabelsOutOfLongChains) {
  HeapBuilder heap;
  add_goroutines(heap, 2, 4096);
  Report report = report_of(heap.build());
  ChainStep root, middle, end;
  root.text.brief = "global of app.(*Server).serve, app.init (bss+0x58)";
  root.least = "bss+0x58";
  root.kind = StepKind::kRoot;
  middle.text.brief = middle.least = "app.Session";
  end.text.brief = end.least = "app.Buffer";
  report.holders[0].chain = {root, middle, end};
  TextOptions options;
  options.style.width = 100;
  EXPECT_THAT(report_text(report, options),
              HasSubstr("     global of app.(*Server).serve, app.init (bss+0x58) → app.Session → app.Buffer"));
  options.style.width = 60;
  EXPECT_THAT(report_text(report, options), HasSubstr("     bss+0x58 → app.Session → app.Buffer"));
}

// However narrow the terminal, it says what the goroutines wait for.
TEST(Report, NeverCutsWhatGoroutinesWaitFor) {
  HeapBuilder heap;
  add_goroutines(heap, 200, 4096);
  const heap::Snapshot snapshot = heap.build();
  TextOptions options;
  options.style.width = 60;
  Report report = report_of(snapshot);
  report.holders[0].what.brief = "200 goroutines in chan send at bundler.(*scanner).parse x.go:7";
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr("200 goroutines in chan send at"));
  EXPECT_THAT(text, HasSubstr("bundler.(*scanner).parse"));
}

TEST(Report, CountsOneThingInTheSingular) {
  HeapBuilder heap;
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), heap.leaf(4096));
  add_goroutines(heap, 1, 64);
  heap::Snapshot snapshot = heap.build();
  snapshot.audit.not_unwound = {1};
  EXPECT_THAT(report_of(snapshot).audit_line, HasSubstr("; 1 stack not walked to the end"));
}

TEST(Report, SaysThatNoMarksCanBeCompared) {
  heap::Snapshot snapshot = shop();
  EXPECT_THAT(report_of(snapshot).audit_line,
              HasSubstr("910 live objects: there are no marks of a completed collection to compare with"));
  snapshot.audit.gc_cycles = 1;
  EXPECT_THAT(report_of(snapshot).audit_line, HasSubstr("marks differ in 910"));
  for (heap::Span& span : snapshot.spans) span.has_marks = true;
  for (std::uint32_t o = 0; o < snapshot.objects; ++o) heap::set_bit(snapshot.fresh, o);
  EXPECT_THAT(report_of(snapshot).audit_line,
              HasSubstr("the graph equals the runtime's own marks but for 910 allocated since; 0 unexplained"));
  snapshot.account.next_gc = ~std::uint64_t{0} >> 1;
  EXPECT_THAT(report_text(report_of(snapshot), {}), HasSubstr("collections are switched off"));
}

TEST(Names, GiveWayFromTheLongestWordOn) {
  EXPECT_EQ(fit_words("chan send at bundler.(*scanner).maybeParseFile x.go:1", 45),
            "chan send at bundler.…).maybeParseFile x.go:1");
  EXPECT_EQ(fit_words("short words only", 80), "short words only");
  EXPECT_EQ(text_width(fit_words("one two three four five six seven eight nine ten eleven", 20)), 20U);
}

TEST(Report, SaysBeforeTheGraphIsKnownWhatIsKnown) {
  const std::string text = first_screen(shop(), 100);
  EXPECT_THAT(text, HasSubstr("checkout, pid 4711 · go1.26.11 linux/amd64, stripped · held still for 38 ms"));
  EXPECT_THAT(text, HasSubstr("  objects               3.4 MiB  64 %"));
  EXPECT_THAT(text, HasSubstr("100 goroutines"));
  EXPECT_THAT(text, testing::Not(HasSubstr("garbage")));
  EXPECT_THAT(text, testing::Not(HasSubstr("WHAT HOLDS IT")));
}

// The heap was once ordered by more than it showed: 13.7 MiB stood above 68.7.
TEST(Report, IsOrderedByTheNumbersThatItShows) {
  HeapBuilder heap;
  add_goroutines(heap, 100, 64);
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), heap.leaf(200000));
  const Report report = report_of(heap.build());
  ASSERT_THAT(report.holders, SizeIs(2));
  const std::string text = report_text(report, {});
  EXPECT_THAT(text, HasSubstr(fmt::format("  1  {:>10} (", format_bytes(report.holders[0].total_bytes()))));
  EXPECT_THAT(text, HasSubstr(fmt::format("  2  {:>10} (", format_bytes(report.holders[1].total_bytes()))));
  EXPECT_GE(report.holders[0].total_bytes(), report.holders[1].total_bytes());
}

TEST(Report, SaysWhatItsListsLeaveOut) {
  HeapBuilder heap;
  for (int i = 0; i < 12; ++i) heap.refer(heap.root(RootKind::kGlobal, fmt::format("main.s{}", i)), heap.leaf(1 << 16));
  for (const char* name : {"main.small", "main.little"}) {
    const RootId small = heap.root(RootKind::kGlobal, name);
    for (int i = 0; i < 40; ++i) heap.refer(small, heap.leaf(64));
  }
  add_goroutines(heap, 1, 64);
  const Report report = report_of(heap.build());
  EXPECT_EQ(report.holder_count, 12U);
  TextOptions options;
  options.goroutines = 0;
  options.types = 0;
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr("     and 2 more, 128.0 KiB; `holdfast report --top 0` shows all\n"));
  EXPECT_THAT(text, HasSubstr("     the rest, 13.1 KiB (2 %), is in places that hold less than 0.5 % each\n"));
  EXPECT_THAT(text, HasSubstr(fmt::format("     and {} more, own 773.1 KiB;", report.type_count)));
  EXPECT_THAT(text, HasSubstr("     and 1 more place, 1 goroutine, "));
}

TEST(Report, SaysHowManyFindingsItLeavesOut) {
  Report report = report_of(shop());
  report.findings.resize(3);
  report.findings[1].bytes = report.findings[2].bytes = 1 << 20;
  view::shorten(report, {.findings = 1});
  EXPECT_THAT(report.findings, SizeIs(1));
  EXPECT_THAT(report_text(report, {}),
              HasSubstr("     and 2 more, at most 2.0 MiB; `holdfast report --top 0` shows all\n"));
  EXPECT_EQ(report_json(report)["finding_count"], 3);
}

// In a pipe a line is as long as its text.
TEST(Report, WithoutAWidthIsNeitherCutNorFolded) {
  Report report = report_of(shop());
  report.holders[0].what.brief = std::string(300, 'w') + " in " + std::string(300, 'x');
  report.target.name = std::string(300, 'n');
  TextOptions options;
  options.style.width = kEndless;
  options.target = std::string(100, 't');
  const std::string text = report_text(report, options);
  EXPECT_THAT(text, HasSubstr(report.holders[0].what.brief));
  EXPECT_THAT(text, HasSubstr(report.target.name));
  EXPECT_THAT(text, HasSubstr(fmt::format("holdfast types {0} · holdfast goroutines {0} · ", options.target)));
}

TEST(Report, NeverCutsACommand) {
  TextOptions options;
  options.target = "a-core-file-with-a-long-name.core";
  options.style.width = 60;
  const std::string text = report_text(report_of(shop()), options);
  for (const char* verb : {"types", "goroutines", "roots", "audit"})
    EXPECT_THAT(text, HasSubstr(fmt::format("holdfast {} {}", verb, options.target)));
}

TEST(Report, FitsTheWidthAndColorsOnlyWhenAsked) {
  const Report report = report_of(shop());
  for (const std::size_t width : {60U, 80U, 100U, 250U}) {
    TextOptions options;
    options.style.width = width;
    const std::string text = report_text(report, options);
    EXPECT_THAT(text, testing::Not(HasSubstr("\033")));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_EQ(fit(line, width), line);
  }
  TextOptions options;
  options.style.color = true;
  EXPECT_THAT(report_text(report, options), HasSubstr("\033[1mTYPES\033[0m"));
}

}  // namespace
}  // namespace holdfast::report
