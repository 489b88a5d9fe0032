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
  return std::make_shared<const compiler::Decisions>(compiler::read_text({*kept, kept, "/src/m"}));
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
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.folder = "/src/m/"})),
              ElementsAre("a.go:5:2", "b.go:3:2"));
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.all = true, .folder = "/src/m/"})),
              ElementsAre("a.go:5:2", "a.go:7:2", "a.go:9:2", "b.go:3:2"));
}

TEST(EscapeTable, TakesAFileOrAFunction) {
  const auto said = decisions(
      "./b.go:3:2: x escapes to heap in (*T).f:\n./b.go:3:2:   flow: a ← b:\n./b.go:3:2: moved to heap: x\n"
      "./a.go:5:2: y escapes to heap\n");
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.folder = "/src/m/", .source = "a.go"})),
              ElementsAre("a.go:5:2"));
  EXPECT_THAT(places(escape_rows({said, nullptr, nullptr}, {.folder = "/src/m/", .source = "(*T).f"})),
              ElementsAre("b.go:3:2"));
}

TEST(EscapeTable, SaysHowAValueGetsToTheHeapAndWhatHelps) {
  const auto said = decisions(
      "./a.go:3:2: x escapes to heap in f:\n./a.go:3:2:   flow: ~r0 ← &x:\n"
      "./a.go:3:2:     from return &x (return) at ./a.go:4:2\n./a.go:3:2: moved to heap: x\n");
  EXPECT_THAT(flow_lines(*said, said->all().front(), "/src/m/"),
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
  const EscapeRows rows = escape_rows({said, nullptr, measured()}, {.folder = "/src/m/"});
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
  const EscapeRows rows = escape_rows({said, nullptr, measured()}, {.folder = "/src/m/"});
  EXPECT_EQ(rows.rows[0].sharing, 2U);
  EXPECT_EQ(rows.rows[1].sharing, 2U);
  EXPECT_EQ(rows.rows[0].in_use, 64U);
  EXPECT_EQ(rows.rows[1].in_use, 0U) << "no sum has it twice";
  EXPECT_TRUE(rows.rows[1].is_said_above);
}

// Machine code of a function that begins at a line, with an allocation for each size; 0 = not told.
std::shared_ptr<const compiler::AllocationCalls> code(std::uint32_t begins, std::uint32_t line,
                                                      std::vector<std::pair<const char*, std::uint64_t>> types) {
  auto out = std::make_shared<compiler::AllocationCalls>();
  const StringId path = out->texts.add("/src/m/a.go");
  for (const auto& [type, bytes] : types) {
    out->calls.push_back({.callee = out->texts.add("newobject"),
                          .type = out->texts.add(type),
                          .bytes = bytes,
                          .first_frame = static_cast<std::uint32_t>(out->frames.size()),
                          .frames = 1});
    out->frames.push_back({out->texts.add("example.com/m.f"), path, line, begins});
  }
  out->lines.push_back({path, line});
  return out;
}

// A profile of the function f, with objects of these sizes at a line, 10 of each.
std::shared_ptr<const MeasuredPlaces> measured_at(std::int64_t begins, int line,
                                                  const std::vector<std::int64_t>& sizes) {
  profile::ProfileWriter writer;
  for (const char* type : {"alloc_objects", "alloc_space", "inuse_objects", "inuse_space"})
    writer.sample_type(type, std::string_view(type).ends_with("space") ? "bytes" : "count");
  writer.period("space", "bytes", 1);
  const std::uint64_t function = writer.function("example.com/m.f", "/src/m/a.go", begins);
  writer.location(1, 0x10, {{function, line}});
  for (const std::int64_t size : sizes) writer.sample({1}, {10, 10 * size, 10, 10 * size}, size);
  return std::make_shared<const MeasuredPlaces>(MeasuredPlaces::of(writer.profile()));
}

TEST(EscapeTable, SizesTellWhichCallOfALineAllocated) {
  const auto said = decisions("./a.go:9:2: &T{...} escapes to heap\n./a.go:9:9: &U{...} escapes to heap\n");
  const EscapeRows rows =
      escape_rows({said, code(7, 9, {{"main.T", 40}, {"main.U", 1000}}), measured_at(7, 9, {48, 1024})}, {});
  EXPECT_EQ(rows.rows[0].type, "main.U");
  EXPECT_EQ(rows.rows[0].in_use, 10240U);
  EXPECT_EQ(rows.rows[1].in_use, 480U);
  EXPECT_EQ(rows.rows[0].sharing, 1U);
}

TEST(EscapeTable, WhatSizesDoNotTellIsThereOnce) {
  const auto said = decisions("./a.go:9:2: &T{...} escapes to heap\n./a.go:9:9: &U{...} escapes to heap\n");
  const EscapeRows rows =
      escape_rows({said, code(7, 9, {{"main.T", 40}, {"main.U", 48}}), measured_at(7, 9, {48})}, {});
  EXPECT_EQ(rows.rows[0].in_use, 480U);
  EXPECT_EQ(rows.rows[1].in_use, 0U);
  EXPECT_EQ(rows.rows[1].sharing, 2U);
}

TEST(EscapeTable, WhatIsKnownToMakeSuchObjectsGoesBeforeWhatMayBeOfAnySize) {
  const auto said = decisions("./a.go:9:2: &T{...} escapes to heap\n./a.go:9:9: &U{...} escapes to heap\n");
  const EscapeRows rows =
      escape_rows({said, code(7, 9, {{"main.T", 0}, {"main.U", 48}}), measured_at(7, 9, {48, 512})}, {});
  EXPECT_EQ(rows.rows[0].in_use, 5120U);
  EXPECT_EQ(rows.rows[1].type, "main.U");
  EXPECT_EQ(rows.rows[1].in_use, 480U);
  EXPECT_EQ(rows.rows[1].sharing, 2U) << "it may be of both";
}

TEST(EscapeTable, FindsAFunctionThatMovedByTheLineInIt) {
  const auto said = decisions("./a.go:9:2: &T{...} escapes to heap\n");
  const EscapeRows rows =
      escape_rows({said, code(7, 9, {{"main.T", 48}}), measured_at(107, 109, {48})}, {.folder = "/src/m/"});
  EXPECT_EQ(rows.rows[0].in_use, 480U);
  EXPECT_EQ(rows.rows[0].measured_at, "a.go:109");
  EXPECT_THAT(rows.remark, HasSubstr("of another build: 1 row was found by function"));
  EXPECT_FALSE(escape_rows({said, code(7, 9, {{"main.T", 48}}), measured_at(107, 9, {48})}, {}).rows[0].is_measured)
      << "the same line, but of other code";
}

TEST(EscapeTable, PlacesOutsideOfTheFolderAreShort) {
  const auto said = decisions(
      "/usr/local/go/src/fmt/print.go:3:2: moved to heap: x\n"
      "/root/go/pkg/mod/golang.org/toolchain@v0.0.1-go1.27.4.linux-amd64/src/os/file.go:4:2: moved to heap: x\n"
      "/root/go/pkg/mod/github.com/!burnt!sushi/toml@v1.4.0/a.go:5:2: moved to heap: x\n"
      "/elsewhere/src/app/a.go:6:2: moved to heap: x\n");
  const EscapeRows rows = escape_rows({said, nullptr, nullptr}, {.folder = "/src/m/"});
  EXPECT_THAT(places(rows), testing::UnorderedElementsAre("$GOROOT/src/fmt/print.go:3:2", "$GOROOT/src/os/file.go:4:2",
                                                          "github.com/BurntSushi/toml@v1.4.0/a.go:5:2",
                                                          "/elsewhere/src/app/a.go:6:2"));
}

TEST(EscapeTable, CountsWhatWasNotUnderstood) {
  const auto said = decisions("./a.go:3:2: moved to heap: x\nwhatever this is\n");
  EXPECT_THAT(escape_rows({said, nullptr, nullptr}, {}).remark, HasSubstr("1 line was not understood, as \"whatever"));
}

}  // namespace
}  // namespace holdfast::view
