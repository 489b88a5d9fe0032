#include "query/manual.h"

#include <fmt/format.h>

#include "query/functions.h"

namespace holdfast::query {
namespace {

std::string_view words_of_kind(Kind kind) {
  switch (kind) {
    case Kind::kNumber:
      return "number";
    case Kind::kBytes:
      return "bytes";
    case Kind::kNanoseconds:
      return "nanoseconds";
    case Kind::kFlag:
      return "1 or 0";
    case Kind::kAddress:
      return "address";
    case Kind::kText:
      return "text";
  }
  return {};
}

bool is_found(const Column& column) {
  return column.find != Find::kNotAtAll || column.numbers != nullptr;
}

constexpr std::string_view kIntroduction = R"(# Queries

Made by `holdfast help --format query`; a test compares.

    holdfast query TARGET "SELECT type, count(*), sum(size) FROM objects WHERE reachable GROUP BY type ORDER BY 3 DESC LIMIT 5"

Answers in SQL, of SQLite's kind, over the tables below. They are the memory of holdfast itself: nothing is copied into
a database, and what costs a pass over the heap (`reachable`, `retained`, `owner`, ...) is computed when a query first
uses it. Without SQL there is a prompt, which takes statements that end with `;`, from a file or a pipe, too; it also
knows `.tables`, `.schema TABLE`, `.help` and `.quit`.

`--format table` is for people, `csv` (RFC 4180; NULL is empty, an empty text is `""`) and `json` (an array of objects
for each statement, with exact numbers) for programs. All three are written while the query runs. In a table and on a
terminal, long texts are folded. With `-o FILE` they go into a file, which appears when it is complete.

`--format parquet -o FILE` writes the rows of one statement for DuckDB, pandas, polars, Spark: groups of 131,072 rows in
pages of zstd, so that answers may be larger than memory. Addresses are texts, as everywhere. Each column has one kind:
whole numbers (INT64), real ones (DOUBLE), texts, or bytes. A column of a table has the kind below; any other has that of
its first values, where whole and real numbers among the first group that has values are real. What contradicts that
later ends the query with the row and the column: `CAST(x AS REAL)` and `CAST(x AS TEXT)` settle it. A column of nothing
but NULL that is no column of numbers is one of texts. A second column `id` is `id_2`.

A query reads. It can make temporary tables, views and indexes (`CREATE TEMP TABLE ...`) for itself, and cannot open,
attach or write files. Ctrl-C stops it; a prompt on a terminal goes on.

A condition on a column that is marked `*`, by `=` or `IN` or in a join, finds its rows without a look at the others.
`ORDER BY` and `GROUP BY` of `type` and `owner` (and their ids) in `objects` sort nothing.

Addresses are numbers. Where a result has a column of addresses itself, they are written as `0xc000012340`, and where a
query compares such a column with `'0xc000012340'`, it means the number `0xc000012340`: `WHERE address = '0xc000012340'`.
Anywhere else a text of that form is refused, since SQL would compare it as a text: write the number without quotes, or
`address('0xc000012340')`. `hex(n)` writes any number so.
)";

}  // namespace

std::string manual_page() {
  std::string out(kIntroduction);
  out += "\n| table | what it has |\n|---|---|\n";
  for (const Table* const table : tables()) out += fmt::format("| [{0}](#{0}) | {1} |\n", table->name, table->meaning);
  for (const Table* const table : tables()) {
    out += fmt::format("\n## {}\n\n| column | is | meaning |\n|---|---|---|\n", table->name);
    for (const Column& column : table->columns)
      out += fmt::format("| `{}`{} | {} | {} |\n", column.name, is_found(column) ? " *" : "",
                         words_of_kind(column.kind), column.meaning);
  }
  out += "\n## Functions\n\n| function | returns |\n|---|---|\n";
  for (const Function& function : functions())
    out += fmt::format("| `{}({})` | {} |\n", function.name, function.arguments, function.meaning);
  return out;
}

std::string tables_text() {
  std::string out;
  for (const Table* const table : tables()) out += fmt::format("{:<11} {}\n", table->name, table->meaning);
  return out;
}

std::string schema_text(const Table& table) {
  std::string out = fmt::format("{}\n", table.meaning);
  for (const Column& column : table.columns)
    out += fmt::format("  {:<17} {:<12} {}\n", column.name, words_of_kind(column.kind), column.meaning);
  return out;
}

std::string functions_text() {
  std::string out;
  for (const Function& function : functions())
    out += fmt::format("  {:<20} {}\n", fmt::format("{}({})", function.name, function.arguments), function.meaning);
  return out;
}

}  // namespace holdfast::query
