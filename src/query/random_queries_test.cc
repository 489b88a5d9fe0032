// Compares the tables with plain ones. Each table is copied into a table of SQLite's own by a scan of all its rows;
// then random conditions, orders and joins must give the same rows of both. So every way to find rows, every comparison
// that is taken out of SQLite's hands, and every order that it need not make, is checked against SQLite itself. That
// the scan gives the right values is checked in query_test.cc, against loops over the snapshot.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "query/bounds.h"
#include "query/query_for_tests.h"
#include "query/random_heap_for_tests.h"
#include "query/table.h"

namespace holdfast::query {
namespace {

using testing::AskedHeap;

class Asker {
 public:
  Asker(AskedHeap& heap, std::uint64_t seed) : heap_(heap), random_(seed) {
    for (const Table* const table : tables())
      heap_.rows(fmt::format("CREATE TEMP TABLE plain_{0} AS SELECT * FROM {0}", table->name));
  }

  std::uint64_t below(std::uint64_t n) { return random_() % n; }
  const Table& any_table() { return *tables()[below(tables().size())]; }
  const Column& any_column(const Table& table) { return table.columns[below(table.columns.size())]; }

  // A condition on a column of `alias`, for our table and for the plain one, which does not know addresses in texts.
  struct Both {
    std::string ours, plain;
  };
  Both condition(const Table& table, const std::string& alias) {
    const Column& column = any_column(table);
    const std::string name = fmt::format("{}.\"{}\"", alias, column.name);
    constexpr std::string_view kSigns[] = {"=", "=", "=", "<", "<=", ">", ">=", "<>"};
    switch (below(8)) {
      case 0:
        return {name + " IS NULL", name + " IS NULL"};
      case 1:
        return {name + " IS NOT NULL", name + " IS NOT NULL"};
      case 2: {
        const Both a = value(table, column), b = value(table, column), c = value(table, column);
        return {fmt::format("{} IN ({}, {}, {})", name, a.ours, b.ours, c.ours),
                fmt::format("{} IN ({}, {}, {})", name, a.plain, b.plain, c.plain)};
      }
      case 3: {
        const Both a = value(table, column), b = value(table, column);
        return {fmt::format("{} BETWEEN {} AND {}", name, a.ours, b.ours),
                fmt::format("{} BETWEEN {} AND {}", name, a.plain, b.plain)};
      }
      default: {
        const Both a = value(table, column);
        const std::string_view sign = kSigns[below(std::size(kSigns))];
        return {fmt::format("{} {} {}", name, sign, a.ours), fmt::format("{} {} {}", name, sign, a.plain)};
      }
    }
  }
  Both conditions(const Table& table, const std::string& alias) {
    Both all = condition(table, alias);
    for (std::uint64_t n = below(3); n > 0; --n) {
      const Both one = condition(table, alias);
      all.ours += " AND " + one.ours;
      all.plain += " AND " + one.plain;
    }
    return all;
  }

  // Mostly one that occurs, or near it.
  Both value(const Table& table, const Column& column) {
    const std::vector<std::string> some = heap_.rows(
        fmt::format("SELECT \"{0}\" FROM plain_{1} WHERE \"{0}\" IS NOT NULL ORDER BY \"{0}\" LIMIT 1 OFFSET {2}",
                    column.name, table.name, below(20)));
    if (some.empty() || below(10) == 0) {
      constexpr std::string_view kOdd[] = {"NULL", "-1", "2.5", "'x'", "x'31'", "1e30", "''", "'7'", "3.0"};
      const std::string odd(kOdd[below(std::size(kOdd))]);
      return {odd, odd};
    }
    if (column.kind == Kind::kText) return {"'" + some[0] + "'", "'" + some[0] + "'"};
    const std::int64_t number = std::stoll(some[0]) + static_cast<std::int64_t>(below(3)) - 1;
    if (column.kind == Kind::kAddress && number >= 0 && below(2) == 0)
      return {fmt::format("'{:#x}'", number), fmt::format("{}", number)};
    const std::string text = below(4) == 0 ? fmt::format("'{}'", number) : fmt::format("{}", number);
    return {text, text};
  }

  std::vector<std::string> sorted(const std::string& sql) {
    std::vector<std::string> rows = heap_.rows(sql);
    std::ranges::sort(rows);
    return rows;
  }

  AskedHeap& heap_;
  std::mt19937_64 random_;
};

constexpr std::uint64_t kHeaps = 12;
constexpr int kQueries = 150;

TEST(RandomQueries, ConditionsGiveTheRowsThatSqliteFinds) {
  for (std::uint64_t seed = 1; seed <= kHeaps; ++seed) {
    AskedHeap heap(testing::random_heap(seed));
    Asker asker(heap, seed);
    for (int n = 0; n < kQueries; ++n) {
      const Table& table = asker.any_table();
      const Asker::Both where = asker.conditions(table, "t");
      const std::string ours = fmt::format("SELECT * FROM {} t WHERE {}", table.name, where.ours);
      ASSERT_EQ(asker.sorted(ours),
                asker.sorted(fmt::format("SELECT * FROM plain_{} t WHERE {}", table.name, where.plain)))
          << ours << ", heap " << seed;
    }
  }
}

TEST(RandomQueries, OrdersAreThoseThatSqliteMakes) {
  for (std::uint64_t seed = 1; seed <= kHeaps; ++seed) {
    AskedHeap heap(testing::random_heap(seed));
    Asker asker(heap, seed + 1000);
    for (int n = 0; n < kQueries; ++n) {
      const Table& table = asker.any_table();
      const Asker::Both where = asker.conditions(table, "t");
      const std::string column = fmt::format("\"{}\"", asker.any_column(table).name);
      const char* const direction = asker.below(2) == 0 ? "" : " DESC";
      const bool filters = asker.below(2) == 0;
      // Rows of one value may come in any order, so only the values are compared; or groups.
      const bool groups = asker.below(2) == 0;
      const auto sql = [&](const std::string& from, const std::string& condition) {
        const std::string filter = filters ? " WHERE " + condition : "";
        return groups ? fmt::format("SELECT {0}, count(*), sum(id) FROM {1} t{2} GROUP BY {0} ORDER BY {0}{3}", column,
                                    from, filter, direction)
                      : fmt::format("SELECT {0} FROM {1} t{2} ORDER BY {0}{3}", column, from, filter, direction);
      };
      const std::string ours = sql(std::string(table.name), where.ours);
      ASSERT_EQ(heap.rows(ours), heap.rows(sql(fmt::format("plain_{}", table.name), where.plain)))
          << ours << ", heap " << seed;
    }
  }
}

TEST(RandomQueries, JoinsGiveTheRowsThatSqliteFinds) {
  // Columns that are numbers of rows of other tables, beside any pair of columns.
  for (std::uint64_t seed = 1; seed <= kHeaps; ++seed) {
    AskedHeap heap(testing::random_heap(seed));
    Asker asker(heap, seed + 2000);
    for (int n = 0; n < kQueries; ++n) {
      const Table& a = asker.any_table();
      const Table& b = asker.any_table();
      const std::string on = fmt::format("a.\"{}\" = b.\"{}\"", asker.any_column(a).name,
                                         asker.below(2) == 0 ? "id" : asker.any_column(b).name);
      const char* const join = asker.below(2) == 0 ? "JOIN" : "LEFT JOIN";
      const Asker::Both where = asker.conditions(a, "a");
      const Asker::Both also = asker.conditions(b, "b");
      const bool in_on = asker.below(2) == 0;
      const auto sql = [&](const std::string& prefix, const std::string& first, const std::string& second) {
        return fmt::format("SELECT a.id, b.id FROM {0}{1} a {2} {0}{3} b ON {4}{5} WHERE {6}{7}", prefix, a.name, join,
                           b.name, on, in_on ? " AND " + second : "", first, in_on ? "" : " AND " + second);
      };
      const std::string ours = sql("", where.ours, also.ours);
      ASSERT_EQ(asker.sorted(ours), asker.sorted(sql("plain_", where.plain, also.plain))) << ours << ", heap " << seed;
    }
  }
}

}  // namespace
}  // namespace holdfast::query
