// Checks what the rows of the roots, spans and goroutines say.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/dominators.h"
#include "graph/reachability.h"
#include "heap/heap_builder_for_tests.h"
#include "report/table_text.h"
#include "view/goroutine_table.h"
#include "view/root_table.h"
#include "view/span_table.h"
#include "view/table_query.h"

namespace holdfast::report {
namespace {

using heap::GoroutineState;
using heap::RootKind;
using heap::testing::HeapBuilder;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using view::goroutine_table;
using view::GoroutineTableOptions;
using view::plan_table;
using view::root_table;
using view::select;
using view::span_table;
using view::Table;
using view::TablePlan;

// Returns the cells of one column as the text shows them, in the table's own order.
std::vector<std::string> column(const Table& table, std::string_view name) {
  const TablePlan plan = plan_table(table.shape, {.top = 0, .columns = std::string(name)});
  std::vector<std::string> cells;
  for (const std::uint32_t row : select(table, plan).rows) {
    const std::size_t at = plan.text_columns.front();
    cells.push_back(cell_text(table.cell(row, at), table.shape.columns[at]));
  }
  return cells;
}

TEST(RootTable, ARootRetainsWhatStandsUnderItToo) {
  HeapBuilder heap;
  const RootId group = heap.group(RootKind::kFinalizer);
  const RootId one = heap.root(RootKind::kFinalizer, "main.close", group);
  heap.refer(one, heap.leaf(64));
  heap.refer(heap.root(RootKind::kGlobal, "main.cache"), heap.leaf(32));
  heap.snapshot().roots[one.row].where = Address(0xc000);
  heap.snapshot().roots[one.row].conservative = true;
  const heap::Snapshot snapshot = heap.build();
  const Table table = root_table(snapshot, graph::dominators(snapshot));
  EXPECT_THAT(column(table, "name"), ElementsAre("finalizers", "finalizer main.close", "main.cache"));
  EXPECT_THAT(column(table, "kind"), ElementsAre("group", "finalizer", "global"));
  EXPECT_THAT(column(table, "retained"), ElementsAre("64 B", "64 B", "32 B"));
  EXPECT_THAT(column(table, "targets"), ElementsAre("0", "1", "1"));
  EXPECT_THAT(column(table, "under"), ElementsAre("-", "finalizers", "-"));
  EXPECT_THAT(column(table, "where"), ElementsAre("-", "0xc000", "-"));
  EXPECT_THAT(column(table, "conservative"), ElementsAre("no", "yes", "no"));
}

// What no root holds alone once had no row, so the sum was below the live bytes and nobody could find the rest.
TEST(RootTable, WhatSeveralHoldHasARow) {
  HeapBuilder heap;
  const auto shared = heap.leaf(512);
  for (const char* name : {"main.next", "main.stop"}) {
    const auto own = heap.object(16);
    heap.refer(heap.root(RootKind::kGlobal, name), own);
    heap.edge(own, 0, shared);
  }
  const heap::Snapshot snapshot = heap.build();
  const Table table = root_table(snapshot, graph::dominators(snapshot));
  EXPECT_THAT(column(table, "retained"), ElementsAre("512 B", "16 B", "16 B"));
  EXPECT_THAT(column(table, "kind"), ElementsAre("shared", "global", "global"));
  EXPECT_THAT(column(table, "name"), ElementsAre("held by more than one root", "main.next", "main.stop"));
  EXPECT_THAT(column(table, "targets"), ElementsAre("-", "1", "1"));
}

TEST(SpanTable, CountsReachedAndMarkedObjectsOfEachSpan) {
  HeapBuilder heap;
  const RootId root = heap.root(RootKind::kGlobal, "main.all");
  for (int i = 0; i < 100; ++i) {
    const auto object = heap.object(16);
    if (i < 70) heap.refer(root, object);
    if (i < 90) heap.mark(object);
  }
  heap.refer(root, heap.leaf(512));
  heap::Snapshot snapshot = heap.build();
  snapshot.spans[0].has_marks = true;
  const Table table = span_table(snapshot, graph::reach(snapshot));
  EXPECT_THAT(column(table, "slot"), ElementsAre("16 B", "512 B"));  // in address order
  EXPECT_THAT(column(table, "objects"), ElementsAre("100", "1"));
  EXPECT_THAT(column(table, "reached"), ElementsAre("70", "1"));
  EXPECT_THAT(column(table, "marked"), ElementsAre("90", "-"));
  EXPECT_THAT(column(table, "pointers"), ElementsAre("yes", "no"));
}

// Three goroutines, two of which stand at the same place, and a fourth that has ended.
class GoroutineTableTest : public ::testing::Test {
 protected:
  GoroutineTableTest() {
    HeapBuilder heap;
    const RootId group = heap.group(WaitReason::kChanSend, "main.scan");
    const auto shared = heap.leaf(1024);
    for (const std::uint64_t goid : {7U, 8U}) {
      const RootId root = heap.root(RootKind::kGoroutine, "", group);
      heap.goroutine(goid, GoroutineState::kWaiting, WaitReason::kChanSend, root,
                     {"runtime.gopark", "runtime.chansend", "sync.(*Once).Do", "main.scan", "runtime.goexit"});
      heap.refer(root, shared).refer(root, heap.leaf(16));
    }
    heap.goroutine(1, GoroutineState::kRunning, WaitReason::kZero, heap.root(RootKind::kGoroutine, ""), {"main.main"});
    heap.goroutine(9, GoroutineState::kDead, WaitReason::kZero, {});
    for (heap::Goroutine& goroutine : heap.snapshot().goroutines) {
      goroutine.stack = {Address(0x1000), Address(0x1800)};
      goroutine.created_by = heap.snapshot().strings.add("main.start");
      goroutine.created_file = heap.snapshot().strings.add("/src/start.go");
      goroutine.created_line = 12;
      if (goroutine.state == GoroutineState::kWaiting) goroutine.waiting_ns = goroutine.goid * 1'000'000'000;
    }
    heap.snapshot().frames[3].file = heap.snapshot().strings.add("/src/scan.go");
    heap.snapshot().frames[3].line = 88;
    snapshot_ = heap.build();
  }

  Table table(const GoroutineTableOptions& options) {
    view::GoroutineFacts facts(snapshot_);
    return goroutine_table(facts, graph::dominators(snapshot_), options);
  }

  heap::Snapshot snapshot_;
};

TEST_F(GoroutineTableTest, ThoseThatEndedAreNone) {
  EXPECT_THAT(column(table({}), "goid"), ElementsAre("7", "8", "1"));
}

TEST_F(GoroutineTableTest, EachSaysWhatItDoesAndWhere) {
  EXPECT_THAT(column(table({}), "doing"), ElementsAre("chan send", "chan send", "running"));
  EXPECT_THAT(column(table({}), "state"), ElementsAre("waiting", "waiting", "running"));
  EXPECT_THAT(column(table({}), "wait_reason"), ElementsAre("chan send", "chan send", "-"));
  EXPECT_THAT(column(table({}), "waiting"), ElementsAre("7.0 s", "8.0 s", "-"));
  EXPECT_THAT(column(table({}), "top"), ElementsAre("main.scan scan.go:88", "main.scan", "main.main"));
  EXPECT_THAT(column(table({}), "stack"), ElementsAre("2.0 KiB", "2.0 KiB", "2.0 KiB"));
}

TEST_F(GoroutineTableTest, WhatTwoShareIsRetainedByTheirGroupOnly) {
  EXPECT_THAT(column(table({}), "retained"), ElementsAre("16 B", "16 B", "0 B"));
  EXPECT_THAT(column(table({.group = true}), "retained"), ElementsAre("1.0 KiB", "0 B"));
  EXPECT_THAT(column(table({.group = true}), "count"), ElementsAre("2", "1"));
  EXPECT_THAT(column(table({.group = true}), "waiting"), ElementsAre("8.0 s", "-"));
  EXPECT_THAT(column(table({.group = true}), "stack"), ElementsAre("4.0 KiB", "2.0 KiB"));
}

TEST_F(GoroutineTableTest, StacksStandUnderTheLineWhenAskedFor) {
  EXPECT_FALSE(table({}).lines);
  EXPECT_THAT(table({.stacks = true}).lines(0),
              ElementsAre("runtime.gopark", "runtime.chansend", "sync.(*Once).Do", "main.scan  /src/scan.go:88",
                          "runtime.goexit", "created by main.start  /src/start.go:12"));
}

TEST_F(GoroutineTableTest, AStackThatWasNotWalkedToItsEndSaysSo) {
  snapshot_.goroutines[0].unwound = false;
  EXPECT_THAT(table({.stacks = true}).lines(0), Contains(HasSubstr("could not be walked")));
  EXPECT_THAT(table({.stacks = true}).lines(1), Not(Contains(HasSubstr("could not be walked"))));
}

}  // namespace
}  // namespace holdfast::report
