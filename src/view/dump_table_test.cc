#include "view/dump_table.h"

#include <gmock/gmock.h>

#include "view/crash_meaning.h"

namespace holdfast::view {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::string_view kText =
    "goroutine 1 [running]:\nmain.main()\n\t/src/main.go:5 +0x1d\n\n"
    "goroutine 7 [chan receive, 4 minutes]:\nruntime.gopark(0x1)\n\t/go/proc.go:9 +0x1\nmain.f(0x1)\n\t/src/main.go:7 "
    "+0x1d\n"
    "created by main.main in goroutine 1\n\t/src/main.go:9 +0x5\n\n"
    "goroutine 8 [chan receive, 90 minutes, locked to thread] {tenant: acme}:\nruntime.gopark(0x2)\n\t/go/proc.go:9 "
    "+0x1\n"
    "main.f(0x2)\n\t/src/main.go:7 +0x1d\ncreated by main.main in goroutine 1\n\t/src/main.go:9 +0x5\n\n"
    "goroutine 9 [select] {tenant: other}:\nruntime.gopark(0x1)\n\t/go/proc.go:9 +0x1\nmain.f(0x1)\n\t/src/main.go:7 "
    "+0x1d\n"
    "created by main.main in goroutine 1\n\t/src/main.go:9 +0x5\nnoise\n";

Table dump_table_of(const DumpTableOptions& options) {
  return dump_table(std::make_shared<const dumps::Dump>(dumps::Dump::parse(kText, "text")), options);
}

Cell cell_named(const Table& table, std::uint32_t row, std::string_view column) {
  for (std::size_t c = 0; c < table.shape.columns.size(); ++c)
    if (table.shape.columns[c].name == column) return table.cell(row, c);
  ADD_FAILURE() << "no column " << column;
  return {};
}

TEST(DumpTable, PutsOneStackInOneStateTogether) {
  const Table table = dump_table_of({});
  ASSERT_EQ(table.rows, 3U);
  EXPECT_EQ(cell_named(table, 1, "goroutines"), Cell(std::uint64_t{2}));
  EXPECT_EQ(cell_named(table, 1, "waits_least"), Cell(std::uint64_t{240'000'000'000}));
  EXPECT_EQ(cell_named(table, 1, "waits_most"), Cell(std::uint64_t{5'400'000'000'000}));
  EXPECT_EQ(cell_named(table, 1, "function"), Cell(std::string_view("main.f")));
  EXPECT_EQ(cell_named(table, 1, "locked"), Cell(std::uint64_t{1}));
  EXPECT_EQ(cell_named(table, 1, "created_in"), Cell(std::uint64_t{1}));
  EXPECT_EQ(cell_named(table, 2, "status"), Cell(std::string_view("select")));
  EXPECT_THAT(table.lines(1), ElementsAre("runtime.gopark  /go/proc.go:9", "main.f  /src/main.go:7",
                                          "created by main.main  /src/main.go:9"));
  EXPECT_THAT(table.remark, HasSubstr("4 goroutines in all."));
  EXPECT_THAT(table.remark, HasSubstr("Written by others: 1 line, line 28."));
}

TEST(DumpTable, ShowsValuesOfLabelsOnlyWhenAsked) {
  EXPECT_EQ(cell_named(dump_table_of({}), 1, "labels"), Cell(std::string_view("tenant")));
  const Table table = dump_table_of({.each = true, .label_values = true});
  ASSERT_EQ(table.rows, 4U);
  EXPECT_EQ(cell_named(table, 2, "labels"), Cell(std::string_view("tenant=acme")));
  EXPECT_EQ(cell_named(table, 2, "goid"), Cell(std::uint64_t{8}));
}

dumps::Message crash_of(dumps::Happened what, std::string text, std::uint64_t address = 0) {
  dumps::Message message;
  message.what = what;
  message.text = std::move(text);
  if (address > 0) message.signal = dumps::Signal{"SIGSEGV", Address(address), {}};
  return message;
}

TEST(CrashMeaning, TellsWhoCanHaveDoneIt) {
  using dumps::Happened;
  constexpr const char* kNil = "runtime error: invalid memory address or nil pointer dereference";
  EXPECT_THAT(meaning_of(crash_of(Happened::kPanic, kNil, 0x20)), HasSubstr("32 bytes behind the pointer"));
  EXPECT_THAT(meaning_of(crash_of(Happened::kPanic, kNil, 0x7f0000000000)), HasSubstr("only unsafe"));
  EXPECT_THAT(meaning_of(crash_of(Happened::kFatal, "fault", 0x7f0000000000)), HasSubstr("at 0x7f0000000000"));
  EXPECT_THAT(meaning_of(crash_of(Happened::kFatal, "concurrent map writes")), HasSubstr("without a lock"));
  EXPECT_EQ(meaning_of(crash_of(Happened::kPanic, "user says: stack overflow")), "");
}

}  // namespace
}  // namespace holdfast::view
