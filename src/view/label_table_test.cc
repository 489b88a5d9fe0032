#include "view/label_table.h"

#include <gmock/gmock.h>

#include <optional>

#include "heap/heap_builder_for_tests.h"

namespace holdfast::view {
namespace {

using heap::GoroutineState;
using heap::RootKind;
using heap::testing::HeapBuilder;

class LabelTable : public testing::Test {
 protected:
  struct Member {
    GoroutineId id;
    RootId root;
  };
  Member goroutine(GoroutineState state = GoroutineState::kWaiting) {
    const RootId root = heap_.root(RootKind::kGoroutine, "main.serve");
    return {heap_.goroutine(++goid_, state, WaitReason::kChanReceive, root), root};
  }
  void label(const Member& member, std::string_view key, std::string_view value) {
    heap::Snapshot& s = heap_.snapshot();
    s.goroutine_labels.push_back({member.id, s.strings.add(key), s.strings.add(value)});
  }
  // Returns the cells of that key and value, or nothing if there is no such row.
  std::optional<std::vector<Cell>> row(const Table& table, std::string_view key, std::string_view value) const {
    for (std::uint32_t r = 0; r < table.rows; ++r) {
      if (table.cell(r, 0) != Cell(key) || table.cell(r, 1) != Cell(value)) continue;
      std::vector<Cell> cells;
      for (std::size_t c = 2; c < table.shape.columns.size(); ++c) cells.push_back(table.cell(r, c));
      return cells;
    }
    return std::nullopt;
  }
  static std::vector<Cell> cells(std::uint64_t goroutines, std::uint64_t exclusive, std::uint64_t shared) {
    return {Cell(goroutines), Cell(exclusive), Cell(shared), Cell(std::uint64_t{0})};
  }

  HeapBuilder heap_;
  std::uint64_t goid_ = 0;
};

TEST_F(LabelTable, CountsApartWhatGoroutinesOfOneValueAloneHold) {
  const auto a = goroutine(), b = goroutine(), c = goroutine(), plain = goroutine();
  label(a, "tenant", "acme");
  label(b, "tenant", "acme");
  label(c, "tenant", "beta");
  const auto both_acme = heap_.leaf(1024), of_beta = heap_.leaf(2048), of_all = heap_.leaf(4096),
             with_plain = heap_.leaf(512);
  heap_.refer(a.root, both_acme).refer(b.root, both_acme).refer(c.root, of_beta);
  heap_.refer(a.root, of_all).refer(c.root, of_all).refer(c.root, with_plain).refer(plain.root, with_plain);
  const heap::Snapshot snapshot = heap_.build();
  const Table table = label_table(snapshot);
  EXPECT_EQ(table.rows, 2U);
  EXPECT_EQ(row(table, "tenant", "acme"), cells(2, 1024, 4096));
  EXPECT_EQ(row(table, "tenant", "beta"), cells(1, 2048, 4096 + 512));
}

TEST_F(LabelTable, EachKeyIsAnsweredForItself) {
  const auto a = goroutine(), b = goroutine();
  label(a, "route", "/pay");
  label(a, "tenant", "acme");
  label(b, "route", "/pay");
  label(b, "tenant", "beta");
  const auto object = heap_.leaf(1024);
  heap_.refer(a.root, object).refer(b.root, object);
  const heap::Snapshot snapshot = heap_.build();
  const Table table = label_table(snapshot);
  EXPECT_EQ(row(table, "route", "/pay"), cells(2, 1024, 0));
  EXPECT_EQ(row(table, "tenant", "acme"), cells(1, 0, 1024));
  EXPECT_EQ(row(table, "tenant", "beta"), cells(1, 0, 1024));
}

TEST_F(LabelTable, WhatTheRuntimesRecordOfAGoroutineHoldsIsTheGoroutines) {
  const auto a = goroutine();
  label(a, "tenant", "acme");
  const auto list = heap_.object(64), record = heap_.object(512), channel = heap_.leaf(1024);
  heap_.edge(list, 0, record).edge(record, 8, channel);
  heap_.refer(heap_.root(RootKind::kGlobal, "runtime.allgs"), list);
  heap_.snapshot().goroutines[a.id.row].g = Address(0xc000000000 + 0x2000);  // the second span
  const heap::Snapshot snapshot = heap_.build();
  EXPECT_EQ(row(label_table(snapshot), "tenant", "acme"), cells(1, 1024, 0));
}

TEST_F(LabelTable, GoroutinesThatHaveEndedDoNotCount) {
  label(goroutine(GoroutineState::kDead), "tenant", "acme");
  const heap::Snapshot snapshot = heap_.build();
  EXPECT_EQ(label_table(snapshot).rows, 0U);
}

TEST_F(LabelTable, TheTextSaysWhatGoroutinesOfAPlaceHaveInCommon) {
  const auto a = goroutine(), b = goroutine(), plain = goroutine();
  label(a, "route", "/pay");
  label(a, "tenant", "acme");
  label(b, "route", "/pay");
  label(b, "tenant", "beta");
  const heap::Snapshot snapshot = heap_.build();
  const auto text = [&](std::vector<GoroutineId> members) { return labels_text(snapshot, members); };
  EXPECT_EQ(text({a.id}), "route=/pay, tenant=acme");
  EXPECT_EQ(text({a.id, b.id}), "route=/pay, tenant=(2 values)");
  EXPECT_EQ(text({a.id, plain.id}), "route=/pay (1 of 2), tenant=acme (1 of 2)");
  EXPECT_EQ(text({plain.id}), "");
}

}  // namespace
}  // namespace holdfast::view
