#include "report/row_writer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/terminal_text.h"

namespace holdfast::report {
namespace {

using query::Blob;
using query::ResultColumn;
using query::Value;
using std::string_view_literals::operator""sv;

std::string written(RowFormat format, const std::vector<ResultColumn>& columns,
                    const std::vector<std::vector<Value>>& rows, std::size_t width = kEndless) {
  std::string text;
  RowWriter writer(format, {.width = width}, [&](const std::string& piece) { text += piece; });
  writer.begin(columns);
  for (const std::vector<Value>& row : rows) writer.row(row);
  writer.end();
  return text;
}

const std::vector<ResultColumn> kIdAddressType = {{"id"}, {"address", true}, {"type"}};

TEST(RowsAsATable, HaveNumbersOnTheRightAndAddressesInHex) {
  EXPECT_EQ(written(RowFormat::kTable, kIdAddressType,
                    {{std::int64_t{7}, std::int64_t{0xc000010000}, "main.item"sv}, {std::int64_t{123}, {}, {}}}),
            " id       address  type\n"
            "  7  0xc000010000  main.item\n"
            "123             -  -\n"
            "\n2 rows\n");
}

TEST(RowsAsATable, ShowRealNumbersAndBytes) {
  EXPECT_EQ(written(RowFormat::kTable, {{"a"}, {"b"}}, {{2.0, Blob{"\x01\xff"}}}), "  a  b\n2.0  X'01FF'\n\n1 row\n");
  EXPECT_EQ(written(RowFormat::kTable, {{"a"}, {"b"}}, {}), "a  b\n\n0 rows\n");
}

TEST(RowsAsATable, FoldTextsOnATerminalOnly) {
  const std::string name(90, 'x');
  const std::vector<std::vector<Value>> rows = {{std::int64_t{1}, {}, std::string_view(name)}};
  EXPECT_NE(written(RowFormat::kTable, kIdAddressType, rows).find(name), std::string::npos);
  std::istringstream lines(written(RowFormat::kTable, kIdAddressType, rows, 60));
  for (std::string line; std::getline(lines, line);) EXPECT_LE(text_width(line), 60U) << line;
}

TEST(RowsAsATable, ObeyNoControlCharacters) {
  EXPECT_EQ(written(RowFormat::kTable, {{"a"}}, {{"\033[31m\n"sv}}).find('\033'), std::string::npos);
}

// The first rows say how wide columns are; the others come as they are, none is lost.
TEST(RowsAsATable, KeepComingWhenTheyAreMany) {
  std::vector<std::vector<Value>> rows;
  for (std::int64_t i = 0; i < 5000; ++i) rows.push_back({i});
  const std::string text = written(RowFormat::kTable, {{"n"}}, rows);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 5003);
  EXPECT_TRUE(text.ends_with("4999\n\n5,000 rows\n"));
}

TEST(RowsOfCsv, TellNullFromAnEmptyText) {
  EXPECT_EQ(written(RowFormat::kCsv, {{"a"}, {"b,c"}, {"d", true}},
                    {{std::int64_t{-5}, "say \"hi\""sv, std::int64_t{255}}, {{}, ""sv, {}}, {1.5, "two\nlines"sv, {}}}),
            "a,\"b,c\",d\r\n-5,\"say \"\"hi\"\"\",0xff\r\n,\"\",\r\n1.5,\"two\nlines\",\r\n");
}

TEST(RowsOfJson, AreAnArrayOfObjectsWithExactNumbers) {
  const std::string text = written(
      RowFormat::kJson, {{"id"}, {"id"}, {"address", true}, {"x"}},
      {{std::int64_t{9007199254740993}, std::int64_t{2}, std::int64_t{0xc000}, "a\"b\xff"sv}, {{}, 2.0, {}, {}}});
  EXPECT_EQ(text,
            "[\n  {\"id\":9007199254740993,\"id_2\":2,\"address\":\"0xc000\",\"x\":\"a\\\"b\xEF\xBF\xBD\"},\n"
            "  {\"id\":null,\"id_2\":2.0,\"address\":null,\"x\":null}\n]\n");
  EXPECT_EQ(nlohmann::json::parse(text).size(), 2U);
  EXPECT_EQ(written(RowFormat::kJson, {{"id"}}, {}), "[]\n");
}

TEST(RowsOfAnyFormat, AreWrittenWhileTheyCome) {
  for (const RowFormat format : {RowFormat::kTable, RowFormat::kCsv, RowFormat::kJson}) {
    int pieces = 0;
    RowWriter writer(format, {}, [&](const std::string&) { ++pieces; });
    const std::vector<ResultColumn> column = {{"text"}};
    const std::string text(1000, 'x');
    const std::vector<Value> row = {std::string_view(text)};
    writer.begin(column);
    for (int i = 0; i < 3000; ++i) writer.row(row);
    EXPECT_GT(pieces, 3);
    writer.end();
  }
}

}  // namespace
}  // namespace holdfast::report
