#include "query/bounds.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <memory>
#include <string>

#include "query/grouping.h"

namespace holdfast::query {
namespace {

// Asks SQLite itself how a column of this number compares with a literal, and our bound for the same literal.
class ComparedWithSqlite : public ::testing::Test {
 protected:
  ComparedWithSqlite() {
    sqlite3_open(":memory:", &connection_);
    sqlite3_exec(connection_, "CREATE TABLE t(n INTEGER)", nullptr, nullptr, nullptr);
    sqlite3_create_function(
        connection_, "bound", 3, SQLITE_UTF8, nullptr,
        [](sqlite3_context* context, int, sqlite3_value** values) {
          const auto comparison = static_cast<Comparison>(*sqlite3_value_text(values[1]));
          const Bound bound = bound_of(comparison, values[2]);
          sqlite3_result_int(context, bound.contains(sqlite3_value_int64(values[0])) ? 1 : 0);
        },
        nullptr, nullptr);
  }
  ~ComparedWithSqlite() override { sqlite3_close(connection_); }

  std::string value(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(connection_, sql.c_str(), -1, &statement, nullptr) != SQLITE_OK)
      return sqlite3_errmsg(connection_);
    const bool has_row = sqlite3_step(statement) == SQLITE_ROW;
    const std::string text = has_row ? reinterpret_cast<const char*>(sqlite3_column_text(statement, 0)) : "";
    sqlite3_finalize(statement);
    return text;
  }

  sqlite3* connection_ = nullptr;
};

TEST_F(ComparedWithSqlite, EveryKindOfValueGivesTheSameRows) {
  const std::string numbers[] = {
      "0", "1", "-1", "17", "9223372036854775807", "-9223372036854775808", "4503599627370497"};
  const std::string literals[] = {"17",
                                  "'17'",
                                  "' 17 '",
                                  "17.0",
                                  "'17.0'",
                                  "'1.7e1'",
                                  "17.5",
                                  "-0.5",
                                  "'abc'",
                                  "''",
                                  "x'3137'",
                                  "NULL",
                                  "9223372036854775807",
                                  "-9223372036854775808",
                                  "1e300",
                                  "-1e300",
                                  "9223372036854775808.0",
                                  "'9223372036854775808'",
                                  "4503599627370497.5",
                                  "'0x11'"};
  const std::pair<const char*, Comparison> comparisons[] = {{"=", Comparison::kEqual},
                                                            {"<", Comparison::kLess},
                                                            {"<=", Comparison::kAtMost},
                                                            {">", Comparison::kMore},
                                                            {">=", Comparison::kAtLeast}};
  for (const std::string& number : numbers) {
    value("DELETE FROM t");
    value("INSERT INTO t VALUES (" + number + ") RETURNING 1");
    for (const std::string& literal : literals)
      for (const auto& [sign, comparison] : comparisons)
        EXPECT_EQ(
            value("SELECT count(*) FROM t WHERE n " + std::string(sign) + " " + literal),
            value("SELECT bound(n, '" + std::string(1, static_cast<char>(comparison)) + "', " + literal + ") FROM t"))
            << number << " " << sign << " " << literal;
  }
}

TEST(ABound, IsCutToTheRowsThereAre) {
  const auto among = [](const Bound& bound, std::uint64_t count) { return bound.among(count); };
  using Range = std::pair<std::uint64_t, std::uint64_t>;
  EXPECT_EQ(among(Bound::all(), 5), Range(0, 5));
  EXPECT_EQ(among(Bound::one(4), 5), Range(4, 5));
  EXPECT_EQ(among(Bound::one(5), 5), Range(0, 0));
  EXPECT_EQ(among(Bound::one(-1), 5), Range(0, 0));
  EXPECT_EQ(among({-7, 2}, 5), Range(0, 3));
  EXPECT_EQ(among({3, 100}, 5), Range(3, 5));
  EXPECT_EQ(among(Bound::nothing(), 5), Range(0, 0));
  EXPECT_EQ(among(Bound::all(), 0), Range(0, 0));
}

TEST(AGrouping, HasTheRowsOfEachKeyInOrderAndThoseWithoutFirst) {
  const std::uint32_t keys[] = {2, Grouping::kNoKey, 0, 2, Grouping::kNoKey, 3};
  const Grouping grouping(6, 4, [&](std::uint32_t row) { return keys[row]; });
  const auto listed = [&](const Bound& bound) {
    std::string text;
    const Rows rows = grouping.rows(bound);
    for (const RowRange& range : rows.ranges)
      for (std::uint64_t i = range.begin; i < range.end; ++i) text += std::to_string(rows.list[i]) + " ";
    return text;
  };
  EXPECT_EQ(listed(Bound::all()), "1 4 2 0 3 5 ");
  EXPECT_EQ(listed(Bound::one(2)), "0 3 ");
  EXPECT_EQ(listed(Bound::one(1)), "");
  EXPECT_EQ(listed({0, 2}), "2 0 3 ");
  EXPECT_EQ(listed({1, 0, true}), "1 4 ");
  EXPECT_EQ(grouping.count(2), 2U);
  EXPECT_EQ(grouping.count(1), 0U);
  EXPECT_EQ(grouping.count(3), 1U);
}

}  // namespace
}  // namespace holdfast::query
