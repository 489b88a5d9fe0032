#include "view/table_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <optional>

#include "base/error.h"

namespace holdfast::view {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Fruit {
  std::string name;
  std::optional<std::uint64_t> bytes;
  std::uint64_t since_ns = 0;
  bool ripe = false;
};

constexpr std::array<std::string_view, 2> kShapes = {"round", "long"};

constexpr ColumnOf<Fruit> kColumns[] = {
    {{"name", Unit::kText, "of the fruit"}, [](const Fruit& f) { return text_cell(f.name); }},
    {{"bytes", Unit::kBytes, "of it"}, [](const Fruit& f) { return f.bytes ? Cell(*f.bytes) : Cell(); }},
    {{"since_ns", Unit::kNanoseconds, "picked", Shown::kWhenAsked}, [](const Fruit& f) { return Cell(f.since_ns); }},
    {{"ripe", Unit::kFlag, "or not"}, [](const Fruit& f) { return flag_cell(f.ripe); }},
    {{"ripeness", Unit::kCount, "degrees", Shown::kWhenAsked}, [](const Fruit&) { return Cell(); }},
    {{"shape", Unit::kText, "of it", Shown::kWhenAsked,
      [] { return std::vector<std::string_view>(kShapes.begin(), kShapes.end()); }},
     [](const Fruit& f) { return text_cell(kShapes[f.ripe ? 0 : 1]); }},
    {{"taste", Unit::kText, "of it", Shown::kWhenAsked,
      [] {
        return std::vector<std::string_view>{"sweet", ""};
      }},
     [](const Fruit&) { return Cell(); }},
};

TableShape shape() {
  return make_shape<Fruit>("fruits", "fruit", "bytes", kColumns);
}

Table fruits() {
  return make_table<Fruit>(shape(), kColumns,
                           {{"pear", 2048, 1000, true},
                            {"Apple", 4096, 60'000'000'000, false},
                            {"chan<- fig", {}, 5, true},
                            {"plum", 2048, 7, false}});
}

std::vector<std::uint32_t> rows(const TableQuery& query) {
  return select(fruits(), plan_table(shape(), query)).rows;
}
std::vector<std::uint32_t> filtered(const std::string& filter) {
  return rows({.sort = "name", .filters = {filter}});
}
std::string refusal(const TableQuery& query) {
  try {
    plan_table(shape(), query);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUsage);
    return error.what();
  }
  return "accepted";
}

TEST(TableQuery, NumbersSortFromTheLargestDownAndUnknownOnesComeLast) {
  EXPECT_THAT(rows({}), ElementsAre(1, 0, 3, 2));
  EXPECT_THAT(rows({.sort = "-bytes"}), ElementsAre(0, 3, 1, 2));
}

TEST(TableQuery, TextsSortFromAOn) {
  EXPECT_THAT(rows({.sort = "name"}), ElementsAre(1, 2, 0, 3));
  EXPECT_THAT(rows({.sort = "-name"}), ElementsAre(3, 0, 2, 1));
}

TEST(TableQuery, TopCutsAfterSortingAndZeroMeansAll) {
  const Selection two = select(fruits(), plan_table(shape(), {.top = 2}));
  EXPECT_THAT(two.rows, ElementsAre(1, 0));
  EXPECT_EQ(two.matching, 4U);
  EXPECT_EQ(rows({.top = 0}).size(), 4U);
}

// Apple 4096, pear 2048, plum 2048, and the fig's are not known.
TEST(TableQuery, WhatIsLeftOutIsAddedUpOnce) {
  TableShape with_sum = shape();
  with_sum.sum = "bytes";
  Table table = fruits();
  table.shape = with_sum;
  const auto left_out = [&](const TableQuery& query) {
    return std::get<std::uint64_t>(select(table, plan_table(with_sum, query)).left_out);
  };
  EXPECT_EQ(left_out({.top = 1}), 4096U);
  EXPECT_EQ(left_out({.top = 0}), 0U);
  table.part_of = [](std::uint32_t row) { return row == 3 ? std::optional<std::uint32_t>(1) : std::nullopt; };
  EXPECT_EQ(left_out({.top = 1}), 2048U) << "the plum is a part of the apple, which is shown";
  EXPECT_EQ(left_out({.top = 1, .sort = "-name"}), 6144U) << "the apple and the pear: the plum is shown";
  EXPECT_EQ(left_out({.top = 1, .sort = "name", .filters = {"name=pear"}}), 0U);
  EXPECT_EQ(left_out({.top = 1, .filters = {"bytes=2048"}}), 2048U) << "the apple is filtered away";
}

struct Change {
  std::string_view name;
  Cell bytes;
};

constexpr ColumnOf<Change> kChanges[] = {
    {{"name", Unit::kText, ""}, [](const Change& row) { return Cell(row.name); }},
    {{"bytes", Unit::kBytes, "", Shown::kUsually, nullptr, Sign::kChange}, [](const Change& row) { return row.bytes; }},
};

// a shrank by 2 KiB, b grew by 1 KiB, of c nothing is known, d stayed, and e grew by more than a signed number holds.
Table changes() {
  return make_table<Change>(make_shape<Change>("changes", "change", "bytes", kChanges, "bytes"), kChanges,
                            {{"a", std::int64_t{-2048}},
                             {"b", std::int64_t{1024}},
                             {"c", Cell()},
                             {"d", std::int64_t{0}},
                             {"e", ~std::uint64_t{0}}});
}

std::vector<std::uint32_t> changed(const TableQuery& query) {
  const Table table = changes();
  return select(table, plan_table(table.shape, query)).rows;
}

TEST(TableQuery, NegativeNumbersSortBelowNothing) {
  EXPECT_THAT(changed({}), ElementsAre(4, 1, 3, 0, 2));
  EXPECT_THAT(changed({.sort = "-bytes"}), ElementsAre(0, 3, 1, 4, 2));
}

TEST(TableQuery, NegativeNumbersCanBeAskedFor) {
  EXPECT_THAT(changed({.filters = {"bytes<0"}}), ElementsAre(0));
  EXPECT_THAT(changed({.filters = {"bytes>=-2KiB"}}), ElementsAre(4, 1, 3, 0));
  EXPECT_THAT(changed({.filters = {"bytes=+1KiB"}}), ElementsAre(1));
  EXPECT_THAT(changed({.filters = {"bytes!=-2048"}}), ElementsAre(4, 1, 3, 2));
  EXPECT_THAT(refusal({.filters = {"bytes=-2048"}}), HasSubstr("is not a size")) << "fruits do not shrink";
}

TEST(TableQuery, WhatIsLeftOutMayBeNegative) {
  const Table table = changes();
  EXPECT_EQ(select(table, plan_table(table.shape, {.top = 1, .filters = {"bytes<=1KiB"}})).left_out,
            Cell(std::int64_t{-2048}));
}

TEST(TableQuery, ATextIsFoundInAnyTextColumnWhateverItsCase) {
  EXPECT_THAT(filtered("PL"), ElementsAre(1, 3));
  EXPECT_THAT(filtered("2048"), ElementsAre());
}

TEST(TableQuery, ComparesNumbersWithUnits) {
  EXPECT_THAT(filtered("bytes>2KiB"), ElementsAre(1));
  EXPECT_THAT(filtered("bytes<0.00390625MiB"), ElementsAre(0, 3));
  EXPECT_THAT(filtered("bytes=2048"), ElementsAre(0, 3));
  EXPECT_THAT(filtered("bytes=0x800"), ElementsAre(0, 3));
  EXPECT_THAT(filtered("since_ns>59s"), ElementsAre(1));
  EXPECT_THAT(filtered("ripe=yes"), ElementsAre(2, 0));
}

// `name!=x` used to be looked for as a text, which no row has.
TEST(TableQuery, ComparesByEveryOperator) {
  EXPECT_THAT(filtered("name=pear"), ElementsAre(0));
  EXPECT_THAT(filtered("name=pea"), ElementsAre());
  EXPECT_THAT(filtered("name!=pear"), ElementsAre(1, 2, 3));
  EXPECT_THAT(filtered("bytes!=2048"), ElementsAre(1, 2));  // what is not known differs, too
  EXPECT_THAT(filtered("bytes>=2KiB"), ElementsAre(1, 0, 3));
  EXPECT_THAT(filtered("bytes>=2049"), ElementsAre(1));
  EXPECT_THAT(filtered("bytes<=2 KiB"), ElementsAre(0, 3));
  EXPECT_THAT(filtered("bytes > 2 KiB"), ElementsAre(1));
  EXPECT_THAT(filtered("ripe!=yes"), ElementsAre(1, 3));
}

TEST(TableQuery, MatchesRegularExpressions) {
  EXPECT_THAT(filtered("name~^p.*[rm]$"), ElementsAre(0, 3));
  EXPECT_THAT(filtered("name~apple|FIG"), ElementsAre(1, 2));
  EXPECT_THAT(filtered("name!~p"), ElementsAre(2));
  EXPECT_THAT(refusal({.filters = {"name~(p"}}), HasSubstr("--filter name~(p: \"(p\" is no regular expression: "));
  EXPECT_THAT(refusal({.filters = {"bytes~5"}}),
              HasSubstr("bytes is a number; it can be compared by =, !=, <, <=, > and >="));
}

// A browser may send them as well. (A C library's expressions overflow the stack on the first of these.)
TEST(TableQuery, RefusesExpressionsThatTakeTooMuch) {
  for (const std::string& pattern : {std::string(16'000, '('), std::string("a{30000}{30000}"),
                                     std::string("((a{1,900}){1,900}){1,900}"), std::string("(a*)*\\1b")})
    EXPECT_THAT(refusal({.filters = {"name~" + pattern}}), HasSubstr("is no regular expression")) << pattern.size();
  EXPECT_THAT(filtered("name~((a|b?)*)*e$"), ElementsAre(1));
}

TEST(TableQuery, AWordThatAColumnNeverHoldsIsToldThoseThatItDoes) {
  EXPECT_THAT(filtered("shape=long"), ElementsAre(1, 3));
  EXPECT_EQ(refusal({.filters = {"shape=square"}}),
            "--filter shape=square: shape is never \"square\"; it is one of round, long");
  EXPECT_THAT(refusal({.filters = {"shape!=square"}}), HasSubstr("shape is never \"square\""));
  EXPECT_THAT(filtered("shape~^L"), ElementsAre(1, 3));
  EXPECT_EQ(refusal({.filters = {"shape~square"}}),
            "--filter shape~square: no shape passes it; it is one of round, long");
  EXPECT_THAT(refusal({.filters = {"shape!~round|long"}}), HasSubstr("no shape passes it"));
  EXPECT_THAT(refusal({.filters = {"shape="}}), HasSubstr("shape is never \"\""));
  EXPECT_THAT(filtered("taste="), ElementsAre(1, 2, 0, 3));
  EXPECT_EQ(refusal({.filters = {"taste=sour"}}),
            "--filter taste=sour: taste is never \"sour\"; it is one of sweet, nothing");
}

TEST(TableQuery, ANumberThatNoneIsBelowOrAboveIsRefused) {
  EXPECT_EQ(refusal({.filters = {"bytes<0"}}), "--filter bytes<0: bytes is never below 0");
  EXPECT_EQ(refusal({.filters = {"bytes>18446744073709551615"}}),
            "--filter bytes>18446744073709551615: bytes is never above 18446744073709551615");
  EXPECT_EQ(refusal({.filters = {"ripe=2"}}), "--filter ripe=2: ripe is never equal to 2");
  EXPECT_THAT(filtered("bytes>=0"), ElementsAre(1, 0, 3));
  EXPECT_THAT(filtered("bytes<=0"), ElementsAre());
}

TEST(TableQuery, AllFiltersMustHold) {
  EXPECT_THAT(rows({.filters = {"bytes=2KiB", "ripe=no"}}), ElementsAre(3));
}

TEST(TableQuery, ATypeWithAnArrowIsNoComparison) {
  EXPECT_THAT(filtered("chan<- fig"), ElementsAre(2));
  EXPECT_THAT(filtered("name=chan<- fig"), ElementsAre(2));
  EXPECT_THAT(filtered("name~^chan<-"), ElementsAre(2));
}

TEST(TableQuery, AColumnMayBeNamedByItsBeginningWhereThatIsClear) {
  EXPECT_THAT(rows({.sort = "by"}), ElementsAre(1, 0, 3, 2));
  EXPECT_THAT(filtered("ripe=no"), ElementsAre(1, 3));  // a whole name wins over a longer one
  EXPECT_THAT(refusal({.sort = "ri"}), HasSubstr("may be ripe or ripeness"));
}

TEST(TableQuery, AnUnknownColumnIsToldTheColumns) {
  EXPECT_EQ(refusal({.sort = "weight"}),
            "there is no column \"weight\"; the columns are name, bytes, since_ns, ripe, ripeness, shape, taste");
  EXPECT_THAT(refusal({.filters = {"weight>5"}}), HasSubstr("there is no column \"weight\""));
  EXPECT_THAT(refusal({.filters = {"weight=5"}}), HasSubstr("there is no column \"weight\""));
  EXPECT_THAT(refusal({.filters = {"weight!=heavy"}}), HasSubstr("there is no column \"weight\""));
  EXPECT_THAT(refusal({.filters = {"Weight~h"}}), HasSubstr("there is no column \"Weight\""));
  EXPECT_THAT(refusal({.columns = "name,weight"}), HasSubstr("there is no column \"weight\""));
  EXPECT_THAT(refusal({.sort = "-"}), HasSubstr("there is no column \"\""));
}

TEST(TableQuery, RefusesComparisonsThatMeanNothing) {
  EXPECT_THAT(refusal({.filters = {"name>5"}}), HasSubstr("name is text"));
  for (const char* filter : {"name==plum", "name!==plum", "name=~plum", "name=>plum"})
    EXPECT_THAT(refusal({.filters = {filter}}), HasSubstr("there is no operator")) << filter;
  EXPECT_THAT(refusal({.filters = {"bytes>many"}}), HasSubstr("\"many\" is not a size"));
  EXPECT_THAT(refusal({.filters = {"bytes>5s"}}), HasSubstr("is not a size"));
  EXPECT_THAT(refusal({.filters = {"bytes>-5"}}), HasSubstr("is not a size"));
  EXPECT_THAT(refusal({.filters = {"bytes>"}}), HasSubstr("is not a size"));
  EXPECT_THAT(refusal({.filters = {"bytes>1.2.3"}}), HasSubstr("is not a size"));
  EXPECT_THAT(refusal({.filters = {"bytes>99999999999999999999"}}), HasSubstr("is not a size"));
  EXPECT_THAT(refusal({.filters = {"since_ns>5"}}), HasSubstr("is not a time"));
  EXPECT_THAT(refusal({.filters = {"ripe=soon"}}), HasSubstr("is not yes or no"));
  EXPECT_THAT(refusal({.filters = {"ripe>no"}}), HasSubstr("ripe is yes or no; it can be compared by = and !="));
  EXPECT_THAT(refusal({.filters = {""}}), HasSubstr("looks for nothing"));
}

TEST(TableQuery, ShowsTheColumnsThatWereAskedForInTheirOrder) {
  EXPECT_THAT(plan_table(shape(), {}).text_columns, ElementsAre(0, 1, 3));
  EXPECT_THAT(plan_table(shape(), {.columns = "since_ns,name"}).text_columns, ElementsAre(2, 0));
}

}  // namespace
}  // namespace holdfast::view
