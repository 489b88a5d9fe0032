#include "view/escape_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/error.h"
#include "compiler/text_reader.h"
#include "profile/profile_for_tests.h"

namespace holdfast::view {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::shared_ptr<const compiler::Decisions> decisions(const std::string& text) {
  const auto kept = std::make_shared<const std::string>("# example.com/m\n" + text);
  return std::make_shared<const compiler::Decisions>(compiler::read_text({*kept, kept, "/work/m"}));
}

std::vector<std::string> places(const EscapeRows& rows) {
  std::vector<std::string> out;
  for (const EscapeRow& row : rows.rows) out.push_back(row.place);
  return out;
}

TEST(EscapeTable, ShowsWhatIsOnTheHeapUnlessAskedForAll) {
  const auto said = decisions(
      "./b.go:3:2: moved to heap: x\n./a.go:9:2: string(b) does not escape\n./a.go:5:2: y escapes to heap\n"
      "./a.go:7:2: leaking param: p\n");
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.folder = "/work/m/"})),
              ElementsAre("a.go:5:2", "b.go:3:2"));
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.all = true, .folder = "/work/m/"})),
              ElementsAre("a.go:5:2", "a.go:7:2", "a.go:9:2", "b.go:3:2"));
}

TEST(EscapeTable, TakesAFileOrAFunction) {
  const auto said = decisions(
      "./b.go:3:2: x escapes to heap in (*T).f:\n./b.go:3:2:   flow: a ← b:\n./b.go:3:2: moved to heap: x\n"
      "./a.go:5:2: y escapes to heap\n");
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.folder = "/work/m/", .source = "a.go"})),
              ElementsAre("a.go:5:2"));
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.folder = "/work/m/", .source = "(*T).f"})),
              ElementsAre("b.go:3:2"));
}

TEST(EscapeTable, SaysHowAValueGetsToTheHeapAndWhatHelps) {
  const auto said = decisions(
      "./a.go:3:2: x escapes to heap in f:\n./a.go:3:2:   flow: ~r0 ← &x:\n"
      "./a.go:3:2:     from return &x (return) at ./a.go:4:2\n./a.go:3:2: moved to heap: x\n");
  EXPECT_THAT(flow_lines(*said, said->all().front(), "/work/m/"),
              ElementsAre("flow: ~r0 ← &x", "  return &x (return) at ./a.go:4:2", HasSubstr("usual cure")));
}

// Of a program that was built elsewhere with -trimpath: 24,000 bytes live of inner, which is inlined into outer.
std::shared_ptr<const MeasuredPlaces> measured() {
  profile::ProfileWriter writer;
  for (const char* type : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"})
    writer.sample_type(type, std::string_view(type).ends_with("space") ? "bytes" : "count");
  writer.period("space", "bytes", 1);
  const std::uint64_t malloc = writer.function("runtime.mallocgc", "runtime/malloc.go");
  const std::uint64_t inner = writer.function("example.com/m.inner", "example.com/m/a.go");
  const std::uint64_t outer = writer.function("example.com/m.outer", "example.com/m/a.go");
  writer.location(1, 0x10, {{malloc, 99}});
  writer.location(2, 0x20, {{inner, 18}, {outer, 21}});
  writer.location(3, 0x30, {{outer, 30}});
  writer.sample({1, 2}, {600, 28800, 500, 24000}, 48);
  writer.sample({3}, {1, 64, 1, 64}, 64);
  return std::make_shared<const MeasuredPlaces>(MeasuredPlaces::of(writer.profile()));
}

TEST(EscapeTable, WhatCostsMostComesFirst) {
  const auto said =
      decisions("./a.go:3:2: moved to heap: x\n./a.go:18:2: &node{} escapes to heap\n./a.go:30:2: moved to heap: y\n");
  const EscapeRows rows = escape_rows({said, nullptr, measured()}, {.folder = "/work/m/"});
  EXPECT_THAT(places(rows), ElementsAre("a.go:18:2", "a.go:30:2", "a.go:3:2"));
  EXPECT_EQ(rows.rows[0].in_use, 24000U);
  EXPECT_EQ(rows.rows[0].allocated, 28800U);
  EXPECT_EQ(rows.rows[0].allocations, 600U);
  EXPECT_EQ(rows.rows[1].in_use, 64U);
  EXPECT_FALSE(rows.rows[2].is_measured);
}

TEST(MeasuredPlaces, OfInlinedCodeTheWayDecides) {
  const auto places = measured();
  EXPECT_EQ(places->all().size(), 2U);
  EXPECT_THAT(places->find({"m/a.go", 18}, {"m/a.go", 21}, 1), ElementsAre(0));
  EXPECT_THAT(places->find({"m/a.go", 18}, {"m/a.go", 22}, 1), ElementsAre());
  EXPECT_THAT(places->find({"m/a.go", 18}, {"m/a.go", 21}, 2), ElementsAre());
}

TEST(MeasuredPlaces, RefusesAProfileOfSomethingElse) {
  profile::ProfileWriter writer;
  writer.sample_type("samples", "count");
  EXPECT_THROW(MeasuredPlaces::of(writer.profile()), Error);
}

TEST(EscapeTable, LinesThatShareAPlaceSaySo) {
  const auto said = decisions("./a.go:30:2: moved to heap: x\n./a.go:30:9: moved to heap: y\n");
  const EscapeRows rows = escape_rows({said, nullptr, measured()}, {.folder = "/work/m/"});
  EXPECT_EQ(rows.rows[0].sharing, 2U);
  EXPECT_EQ(rows.rows[1].sharing, 2U);
}

TEST(EscapeTable, CountsWhatWasNotUnderstood) {
  const auto said = decisions("./a.go:3:2: moved to heap: x\nwhatever this is\n");
  EXPECT_THAT(escape_rows({said, nullptr, nullptr}, {}).remark, HasSubstr("1 line was not understood, as \"whatever"));
}

}  // namespace
}  // namespace holdfast::view
