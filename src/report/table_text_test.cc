#include "report/table_text.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/terminal_text.h"
#include "report/table_json.h"

namespace holdfast::report {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using view::Cell;
using view::ColumnOf;
using view::make_shape;
using view::make_table;
using view::plan_table;
using view::select;
using view::Shown;
using view::Table;
using view::TablePlan;
using view::TableQuery;
using view::text_cell;
using view::Unit;

struct Row {
  std::string name;
  std::uint64_t bytes = 0;
  std::string file;
};

constexpr ColumnOf<Row> kColumns[] = {
    {{"bytes", Unit::kBytes, ""}, [](const Row& row) { return Cell(row.bytes); }},
    {{"name", Unit::kText, ""}, [](const Row& row) { return text_cell(row.name); }},
    {{"file", Unit::kText, ""}, [](const Row& row) { return text_cell(row.file); }},
};

Table table_of(std::vector<Row> rows) {
  return make_table<Row>(make_shape<Row>("things", "thing", "bytes", kColumns, "bytes"), kColumns, std::move(rows));
}

std::string text_of(const Table& table, const TableQuery& query = {}, std::size_t width = 100) {
  const TablePlan plan = plan_table(table.shape, query);
  return table_text(table, plan, select(table, plan), {.width = width});
}

TEST(TableText, ColumnsAreAsWideAsTheyMustBeAndNumbersStandOnTheRight) {
  EXPECT_EQ(text_of(table_of({{"a", 17, "x.go"}, {"longer", 1 << 24, ""}})),
            "   bytes  name    file\n"
            "16.0 MiB  longer  -\n"
            "    17 B  a       x.go\n"
            "\n"
            "2 things\n");
}

TEST(TableText, SaysHowManyRowsAreLeftOut) {
  Table table = table_of({{"a", 1, ""}, {"b", 2, ""}, {"c", 3, ""}});
  EXPECT_THAT(text_of(table, {.top = 1}), HasSubstr("\nand 2 more, bytes 3 B; `--top 0` shows all\n\n3 things\n"));
  EXPECT_THAT(text_of(table, {.filters = {"bytes>1"}}), HasSubstr("\n2 of 3 things match\n"));
  EXPECT_THAT(text_of(table, {.top = 1, .filters = {"bytes>1"}}),
              HasSubstr("\nand 1 more, bytes 2 B; `--top 0` shows all\n\n2 of 3 things match\n"));
  table.shape.rows_overlap = true;
  EXPECT_THAT(text_of(table, {.top = 1}), HasSubstr("\nand 2 more, bytes at most 3 B; `--top 0` shows all\n"));
  EXPECT_THAT(text_of(table, {.filters = {"bytes>2"}}), HasSubstr("\n1 of 3 things matches\n"));
  EXPECT_THAT(text_of(table_of({{"a", 1, ""}})), HasSubstr("\n1 thing\n"));
}

TEST(TableText, NoLineIsWiderThanWishedAndNamesGiveWay) {
  const std::string name(90, 'n');
  const std::string file = std::string(80, 'd') + "/last.go:17";
  const Table table = table_of({{name, 1, file}, {"ü" + name, 2, "短" + file}});
  for (const std::size_t width : {60U, 80U, 100U, 160U}) {
    std::istringstream lines(text_of(table, {}, width));
    std::size_t widest = 0;
    for (std::string line; std::getline(lines, line);) {
      widest = std::max(widest, text_width(line));
      if (line.find(" B  ") != std::string::npos) {
        EXPECT_THAT(line, HasSubstr("last.go:17"));
      }
    }
    EXPECT_EQ(widest, width);
  }
}

struct Widths {
  std::uint64_t address = 0xc000123456;
  std::uint64_t count = 123456789;
};

constexpr ColumnOf<Widths> kNumbers[] = {
    {{"address", Unit::kAddress, ""}, [](const Widths& row) { return Cell(row.address); }},
    {{"pages", Unit::kCount, "", Shown::kIfRoom}, [](const Widths& row) { return Cell(row.count); }},
    {{"objects", Unit::kCount, ""}, [](const Widths& row) { return Cell(row.count); }},
    {{"marked", Unit::kCount, "", Shown::kIfRoom}, [](const Widths& row) { return Cell(row.count); }},
    {{"reached", Unit::kCount, ""}, [](const Widths& row) { return Cell(row.count); }},
    {{"size", Unit::kBytes, ""}, [](const Widths& row) { return Cell(row.count); }},
};

TEST(TableText, NumbersAreWholeOrNotThereAndALineSaysSo) {
  const Table table =
      make_table<Widths>(make_shape<Widths>("spans", "span", "-address", kNumbers), kNumbers, {Widths()});
  EXPECT_EQ(text_of(table, {}, 75),
            "     address        pages      objects       marked      reached       size\n"
            "0xc000123456  123,456,789  123,456,789  123,456,789  123,456,789  117.7 MiB\n"
            "\n"
            "1 span\n");
  EXPECT_EQ(text_of(table, {}, 74),
            "     address        pages      objects      reached       size\n"
            "0xc000123456  123,456,789  123,456,789  123,456,789  117.7 MiB\n"
            "no room for marked; --wide shows all columns\n"
            "\n"
            "1 span\n");
  EXPECT_THAT(text_of(table, {.sort = "size"}, 30), HasSubstr("     address       size\n"
                                                              "0xc000123456  117.7 MiB\n"
                                                              "no room for pages, objects,\n"
                                                              "marked, reached; --wide shows\n"
                                                              "all columns\n"));
  EXPECT_THAT(text_of(table, {}, kEndless), Not(HasSubstr("no room")));
}

struct Marked {
  std::uint64_t id = 0;
  std::string_view mark;
};

constexpr ColumnOf<Marked> kMarked[] = {
    {{"id", Unit::kId, ""}, [](const Marked& row) { return Cell(row.id); }},
    {{"mark", Unit::kText, "", Shown::kIfAny}, [](const Marked& row) { return text_cell(row.mark); }},
};

TEST(TableText, AColumnThatFewTablesHaveStandsThereIfARowHasItOrItIsNamed) {
  const Table table =
      make_table<Marked>(make_shape<Marked>("things", "thing", "id", kMarked), kMarked, {{2, "x"}, {1, ""}});
  EXPECT_THAT(text_of(table, {}, kEndless), HasSubstr("id  mark\n 2  x\n 1  -\n"));
  EXPECT_THAT(text_of(table, {.filters = {"id=1"}}, kEndless), HasSubstr("id\n 1\n"));
  EXPECT_THAT(text_of(table, {.filters = {"id=1"}, .columns = "id,mark"}, kEndless), HasSubstr("id  mark\n 1  -\n"));
}

TEST(TableText, HeadingsAreBoldIfWished) {
  const Table table = table_of({{"a", 17, "x.go"}});
  const TablePlan plan = plan_table(table.shape, {});
  EXPECT_THAT(table_text(table, plan, select(table, plan), {.color = true}),
              HasSubstr("\033[1mbytes  name  file\033[0m\n 17 B  a     x.go\n"));
}

TEST(TableText, WithoutAWidthNothingIsCut) {
  const std::string name(300, 'n');
  Table table = table_of({{name, 1, name}});
  table.lines = [&](std::uint32_t) { return std::vector<std::string>{name + name}; };
  EXPECT_THAT(text_of(table, {}, kEndless), HasSubstr(fmt::format("  1 B  {0}  {0}\n      {0}{0}\n", name)));
}

TEST(TableText, AColumnAfterAForeignNameStaysInLine) {
  EXPECT_EQ(text_of(table_of({{"Größe", 2, "a.go"}, {"大小", 1, "b.go"}})),
            "bytes  name   file\n"
            "  2 B  Größe  a.go\n"
            "  1 B  大小   b.go\n"
            "\n"
            "2 things\n");
}

TEST(TableText, NothingThatATerminalWouldObeyComesThrough) {
  EXPECT_THAT(text_of(table_of({{"evil\rname", 1, ""}})), Not(HasSubstr("\r")));
}

view::Column column(Unit unit, view::Sign sign = view::Sign::kNone) {
  return {.name = "", .unit = unit, .meaning = "", .sign = sign};
}

TEST(TableText, ChangesHaveTheirSign) {
  const view::Column change = column(Unit::kBytes, view::Sign::kChange),
                     signed_one = column(Unit::kBytes, view::Sign::kMinus);
  EXPECT_EQ(cell_text(Cell(std::int64_t{-2048}), change), "-2.0 KiB");
  EXPECT_EQ(cell_text(Cell(std::int64_t{2048}), change), "+2.0 KiB");
  EXPECT_EQ(cell_text(Cell(std::uint64_t{2048}), change), "+2.0 KiB");
  EXPECT_EQ(cell_text(Cell(std::int64_t{0}), change), "0 B");
  EXPECT_EQ(cell_text(Cell(std::int64_t{2048}), signed_one), "2.0 KiB");
  EXPECT_EQ(cell_text(Cell(std::numeric_limits<std::int64_t>::min()), column(Unit::kCount, view::Sign::kMinus)),
            "-9,223,372,036,854,775,808");
}

TEST(TableText, CellsReadAsPeopleReadThem) {
  EXPECT_EQ(cell_text(Cell(), column(Unit::kBytes)), "-");
  EXPECT_EQ(cell_text(Cell(std::uint64_t{21312004}), column(Unit::kCount)), "21,312,004");
  EXPECT_EQ(cell_text(Cell(std::uint64_t{4711}), column(Unit::kId)), "4711");
  EXPECT_EQ(cell_text(Cell(std::uint64_t{0xc000}), column(Unit::kAddress)), "0xc000");
  EXPECT_EQ(cell_text(Cell(std::uint64_t{240'000'000'000}), column(Unit::kNanoseconds)), "4 min");
  EXPECT_EQ(cell_text(Cell(std::uint64_t{1}), column(Unit::kFlag)), "yes");
}

TEST(TableText, LinesUnderARowStandThere) {
  Table table = table_of({{"a", 1, ""}});
  table.lines = [](std::uint32_t) { return std::vector<std::string>{"main.f  f.go:1"}; };
  EXPECT_THAT(text_of(table), HasSubstr("  1 B  a     -\n      main.f  f.go:1\n"));
}

TEST(TableJson, NumbersAreExactAndWhatIsNotKnownIsNull) {
  const Table table = table_of({{"a", (std::uint64_t{1} << 53) + 1, ""}});
  const auto json = table_json(table, select(table, plan_table(table.shape, {})), nullptr);
  EXPECT_EQ(json.dump(), R"({"schema":"holdfast.things/2","rows":1,"matching":1,"things":[)"
                         R"({"bytes":9007199254740993,"name":"a","file":null}]})");
}

TEST(TableJson, SaysWhatTheTargetHid) {
  heap::Snapshot snapshot;
  snapshot.losses.push_back(make_loss(LossKind::kUnreadablePage, 3, Address(0x1000)));
  const Table table = table_of({});
  const auto json = table_json(table, {}, &snapshot);
  EXPECT_EQ(json["losses"][0]["count"], 3);
  EXPECT_TRUE(json.contains("target"));
}

}  // namespace
}  // namespace holdfast::report
